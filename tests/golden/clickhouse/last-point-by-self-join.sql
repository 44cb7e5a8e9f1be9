-- WITH latest AS (SELECT hostname, measure_name, max(time) AS t FROM benchmark.cpu GROUP BY 1, 2) SELECT b.hostname, b.measure_name, b.measure_value::double, b.time FROM latest a JOIN benchmark.cpu b ON a.hostname = b.hostname AND a.t = b.time AND a.measure_name = b.measure_name ORDER BY hostname, measure_name
SELECT CAST(c15 AS Nullable(String)) AS c29, CAST(c17 AS Nullable(String)) AS c30, CAST(c19 AS Nullable(Float64)) AS c31, CAST(c18 AS Nullable(Int64)) AS c32
FROM (SELECT d1 AS c15, measure_name AS c17, time AS c18, value_double AS c19
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)) AS r27
INNER JOIN (WITH max(time) AS c11 SELECT d1 AS c12, measure_name AS c13, c11 AS c14
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)
GROUP BY d1, measure_name) AS r28 ON and(equals(c12, c15), equals(c14, c18), equals(c13, c17))
ORDER BY c15 ASC NULLS LAST, c17 ASC NULLS LAST
