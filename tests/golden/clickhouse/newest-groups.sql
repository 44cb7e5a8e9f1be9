-- SELECT bin(time, 60s) AS minute, max(usage_user) AS m FROM benchmark.cpu WHERE time < now() GROUP BY 1 ORDER BY 1 DESC LIMIT 5
WITH minus(time, positiveModulo(time, toInt64(60000000000))) AS c9, max(a1_double) AS c10 SELECT CAST(c9 AS Nullable(Int64)) AS c13, c10 AS c14
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1792281600000000000), less(time, 1794960000000000000))
GROUP BY c9
ORDER BY c9 DESC NULLS LAST
LIMIT 5
