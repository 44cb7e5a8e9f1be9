-- SELECT * FROM benchmark.cpu WHERE (hostname, time) IN (SELECT hostname, max(time) FROM benchmark.cpu GROUP BY hostname)
SELECT d1 AS c35, d2 AS c36, CAST(measure_name AS Nullable(String)) AS c37, CAST(time AS Nullable(Int64)) AS c38, value_double AS c39, a1_double AS c40, a2_double AS c41, a3_bigint AS c42
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1792281600000000000), (tuple(d1, time) IN (WITH max(time) AS c18 SELECT d1 AS c33, c18 AS c34
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)
GROUP BY d1)))
