-- SELECT count(*) FROM (SELECT DISTINCT hostname, region FROM benchmark.cpu WHERE time > ago(1h))
WITH toInt64(ifNull(count(), 0)) AS c11 SELECT CAST(c11 AS Nullable(Int64)) AS c14
FROM (SELECT DISTINCT d1 AS c9, d2 AS c10
FROM tidemark.t_cpu
WHERE greater(time, 1794956400000000000)) AS r13
