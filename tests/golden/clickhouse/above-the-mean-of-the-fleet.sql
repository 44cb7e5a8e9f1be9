-- WITH fleet AS (SELECT avg(usage_user) AS f FROM benchmark.cpu WHERE time > ago(1h)), hosts AS (SELECT hostname, avg(usage_user) AS a FROM benchmark.cpu WHERE time > ago(1h) GROUP BY hostname) SELECT hostname, a FROM fleet, hosts WHERE a > 1.1 * f ORDER BY a DESC
SELECT CAST(c21 AS Nullable(String)) AS c27, CAST(c22 AS Nullable(Float64)) AS c28
FROM (WITH avg(a1_double) AS c9 SELECT c9 AS c10
FROM tidemark.t_cpu
WHERE greater(time, 1794956400000000000)) AS r25
INNER JOIN (WITH avg(a1_double) AS c20 SELECT d1 AS c21, c20 AS c22
FROM tidemark.t_cpu
WHERE greater(time, 1794956400000000000)
GROUP BY d1) AS r26 ON greater(c22, multiply(1.1, c10))
ORDER BY c22 DESC NULLS LAST
