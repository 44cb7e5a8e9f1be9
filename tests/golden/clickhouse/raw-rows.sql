-- SELECT * FROM "sampleDB"."DevOps" WHERE measure_name = 'cpu_utilization' ORDER BY time DESC LIMIT 10
SELECT CAST(d1 AS Nullable(String)) AS c17, CAST(d2 AS Nullable(String)) AS c18, CAST(d3 AS Nullable(String)) AS c19, CAST(measure_name AS Nullable(String)) AS c20, CAST(time AS Nullable(Int64)) AS c21, CAST(value_double AS Nullable(Float64)) AS c22, CAST(value_bigint AS Nullable(Int64)) AS c23, CAST(value_varchar AS Nullable(String)) AS c24
FROM tidemark.t_devops
WHERE equals(measure_name, 'cpu_utilization')
ORDER BY time DESC NULLS LAST
LIMIT 10
