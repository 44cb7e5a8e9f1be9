-- SELECT bin(time, 60s) AS minute, max(CASE WHEN measure_name = 'usage_user' THEN measure_value::double ELSE NULL END) AS m FROM "benchmark"."cpu" WHERE (measure_name = 'usage_user' OR measure_name = 'usage_system') AND (hostname = 'host_49' OR hostname = 'host_3') AND time >= '2016-01-01 02:17:08.646325 +0000' AND time < '2016-01-01 03:17:08.646325 +0000' GROUP BY 1 ORDER BY 1 ASC
WITH minus(time, positiveModulo(time, toInt64(60000000000))) AS c10, max(if(equals(measure_name, 'usage_user'), value_double, NULL)) AS c11 SELECT CAST(c10 AS Nullable(Int64)) AS c14, CAST(c11 AS Nullable(Float64)) AS c15
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1792281600000000000), or(equals(measure_name, 'usage_user'), equals(measure_name, 'usage_system')), or(equals(d1, 'host_49'), equals(d1, 'host_3')), less(time, 1451618228646325000))
GROUP BY c10
ORDER BY c10 ASC NULLS LAST
