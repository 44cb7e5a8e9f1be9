-- SELECT a.hostname, b.tasks FROM benchmark.cpu a LEFT JOIN benchmark.cpu b ON a.hostname = b.hostname AND b.usage_user > 90 WHERE a.time > ago(1h)
SELECT CAST(c1 AS Nullable(String)) AS c21, CAST(c16 AS Nullable(Int64)) AS c22
FROM (SELECT d1 AS c1
FROM tidemark.t_cpu
WHERE greater(time, 1794956400000000000)) AS r19
LEFT JOIN (SELECT d1 AS c9, a3_bigint AS c16
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1792281600000000000), greater(a1_double, 90.))) AS r20 ON equals(c1, c9)
