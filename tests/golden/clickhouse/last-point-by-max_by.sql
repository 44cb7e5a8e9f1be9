-- SELECT hostname, max(time) AS time, max_by(usage_user, time) AS u FROM benchmark.cpu GROUP BY hostname ORDER BY hostname
WITH max(time) AS c10, if(argMax(isNull(a1_double), time), NULL, argMax(assumeNotNull(a1_double), time)) AS c11 SELECT d1 AS c15, CAST(c10 AS Nullable(Int64)) AS c16, CAST(c11 AS Nullable(Float64)) AS c17
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)
GROUP BY d1
ORDER BY d1 ASC NULLS LAST
