-- SELECT hostname, sum(usage_user) FROM (SELECT hostname, usage_user, bin(time, 5m) AS b FROM benchmark.cpu) WHERE b BETWEEN '2026-11-17 10:10:00' AND '2026-11-17 10:20:00' GROUP BY hostname
WITH sum(a1_double) AS c13 SELECT d1 AS c16, c13 AS c17
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1794910200000000000), less(time, 1794911100000000000))
GROUP BY d1
