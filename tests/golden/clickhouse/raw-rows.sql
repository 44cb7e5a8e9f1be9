-- SELECT * FROM "sampleDB"."DevOps" WHERE measure_name = 'cpu_utilization' ORDER BY time DESC LIMIT 10
SELECT d1 AS c17, d2 AS c18, d3 AS c19, CAST(measure_name AS Nullable(String)) AS c20, CAST(time AS Nullable(Int64)) AS c21, value_double AS c22, value_bigint AS c23, value_varchar AS c24
FROM tidemark.t_devops
WHERE equals(measure_name, 'cpu_utilization')
ORDER BY time DESC NULLS LAST
LIMIT 10
