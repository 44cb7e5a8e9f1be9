-- SELECT * FROM benchmark.cpu WHERE (hostname, time) IN (SELECT hostname, max(time) FROM benchmark.cpu GROUP BY hostname)
SELECT CAST(d1 AS Nullable(String)) AS c35, CAST(d2 AS Nullable(String)) AS c36, CAST(measure_name AS Nullable(String)) AS c37, CAST(time AS Nullable(Int64)) AS c38, CAST(value_double AS Nullable(Float64)) AS c39, CAST(a1_double AS Nullable(Float64)) AS c40, CAST(a2_double AS Nullable(Float64)) AS c41, CAST(a3_bigint AS Nullable(Int64)) AS c42
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1792281600000000000), (tuple(d1, time) IN (WITH max(time) AS c18 SELECT d1 AS c33, c18 AS c34
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)
GROUP BY d1)))
