-- SELECT DISTINCT region FROM benchmark.cpu WHERE time > ago(1h) ORDER BY 1
SELECT DISTINCT d2 AS c10
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1792281600000000000), greater(time, 1794956400000000000))
ORDER BY d2 ASC NULLS LAST
