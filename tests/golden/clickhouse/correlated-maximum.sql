-- SELECT hostname, time FROM benchmark.cpu a WHERE usage_user = (SELECT max(usage_user) FROM benchmark.cpu b WHERE b.hostname = a.hostname)
SELECT CAST(c1 AS Nullable(String)) AS c29, CAST(c4 AS Nullable(Int64)) AS c30
FROM (SELECT d1 AS c1, time AS c4, a1_double AS c6
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)) AS r25
LEFT JOIN (SELECT c21 AS c18, c24
FROM (SELECT DISTINCT d1 AS c24
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1792281600000000000)) AS r26
LEFT JOIN (SELECT d1 AS c23, max(a1_double) AS c21
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1792281600000000000), not(isNull(d1)))
GROUP BY d1) AS r27 ON equals(c24, c23)) AS r28 ON isNotDistinctFrom(c1, c24)
WHERE equals(c6, c18)
