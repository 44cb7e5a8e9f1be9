-- SELECT bin(time, 1h) AS hour, hostname, avg(usage_user) AS mean FROM benchmark.cpu WHERE time BETWEEN ago(12h) AND now() GROUP BY 1, 2 ORDER BY 1, 2
WITH minus(time, positiveModulo(time, toInt64(3600000000000))) AS c9, avg(a1_double) AS c11 SELECT CAST(c9 AS Nullable(Int64)) AS c15, d1 AS c16, c11 AS c17
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1794916800000000000), lessOrEquals(time, 1794960000000000000))
GROUP BY c9, d1
ORDER BY c9 ASC NULLS LAST, d1 ASC NULLS LAST
