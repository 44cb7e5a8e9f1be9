-- SELECT bin(time, 30s) AS b, hostname, avg(measure_value::double) AS a FROM sampleDB.DevOps WHERE measure_name = 'cpu_utilization' AND hostname = 'host-1' AND time > ago(2h) GROUP BY bin(time, 30s), hostname ORDER BY b
WITH minus(time, positiveModulo(time, toInt64(30000000000))) AS c9, avg(value_double) AS c11 SELECT CAST(c9 AS Nullable(Int64)) AS c15, d3 AS c16, c11 AS c17
FROM tidemark.t_devops
WHERE and(equals(measure_name, 'cpu_utilization'), equals(d3, 'host-1'), greater(time, 1794952800000000000))
GROUP BY c9, d3
ORDER BY c9 ASC NULLS LAST
