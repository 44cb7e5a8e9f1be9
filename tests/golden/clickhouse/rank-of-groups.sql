-- SELECT * FROM (SELECT region, hostname, dense_rank() OVER (PARTITION BY region ORDER BY avg(usage_user) DESC) AS rank FROM benchmark.cpu GROUP BY region, hostname) WHERE rank <= 3
SELECT c9 AS c21, c10 AS c22, CAST(c12 AS Nullable(Int64)) AS c23
FROM (SELECT c9, c10, toInt64(dense_rank() OVER (PARTITION BY c9
ORDER BY c11 DESC NULLS LAST)) AS c12
FROM (SELECT d2 AS c9, d1 AS c10, avg(a1_double) AS c11
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)
GROUP BY d2, d1) AS r19) AS r20
WHERE lessOrEquals(c12, 3)
