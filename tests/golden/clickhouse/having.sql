-- SELECT hostname FROM benchmark.cpu WHERE time > ago(1h) GROUP BY hostname HAVING max(usage_user) < 20
WITH max(a1_double) AS c10 SELECT d1 AS c12
FROM tidemark.t_cpu
WHERE greater(time, 1794956400000000000)
GROUP BY d1
HAVING less(c10, 20.)
