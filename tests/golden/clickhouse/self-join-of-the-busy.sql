-- WITH busy AS (SELECT time, hostname FROM benchmark.cpu WHERE usage_user > 90 AND time >= ago(1h)) SELECT * FROM benchmark.cpu a JOIN busy b ON a.hostname = b.hostname AND a.time = b.time
SELECT CAST(c1 AS Nullable(String)) AS c31, CAST(c2 AS Nullable(String)) AS c32, CAST(c3 AS Nullable(String)) AS c33, CAST(c4 AS Nullable(Int64)) AS c34, CAST(c5 AS Nullable(Float64)) AS c35, CAST(c6 AS Nullable(Float64)) AS c36, CAST(c7 AS Nullable(Float64)) AS c37, CAST(c8 AS Nullable(Int64)) AS c38, CAST(c17 AS Nullable(Int64)) AS c39, CAST(c18 AS Nullable(String)) AS c40
FROM (SELECT d1 AS c1, d2 AS c2, measure_name AS c3, time AS c4, value_double AS c5, a1_double AS c6, a2_double AS c7, a3_bigint AS c8
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)) AS r29
INNER JOIN (SELECT time AS c17, d1 AS c18
FROM tidemark.t_cpu
WHERE and(greater(a1_double, 90.), greaterOrEquals(time, 1794956400000000000))) AS r30 ON and(equals(c1, c18), equals(c4, c17))
