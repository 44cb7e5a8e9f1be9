-- SELECT count(*) FROM sampleDB.IoT a WHERE EXISTS (SELECT 1 FROM benchmark.cpu b WHERE b.hostname = a.truck_id AND b.time > ago(1h))
WITH toInt64(ifNull(count(), 0)) AS c17 SELECT CAST(c17 AS Nullable(Int64)) AS c23
FROM (SELECT d1 AS c1
FROM tidemark.t_iot) AS r21
LEFT JOIN (SELECT DISTINCT d1 AS c19, true AS c20
FROM tidemark.t_cpu
WHERE and(not(isNull(d1)), greater(time, 1794956400000000000))) AS r22 ON equals(c1, c19)
WHERE not(isNull(c20))
