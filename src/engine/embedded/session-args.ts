/** Settings of every session. ALP and friends are stable on disk, yet still behind a switch. */
export const sessionArgs = ['--allow_experimental_codecs=1', '--max_query_size=134217728', '--timeout_before_checking_execution_speed=0']
/** Uncompressed blocks that were read stay in memory, whatever the size of a read; by itself the engine keeps none, and none of large reads. */
export const cacheArgs = (bytes: number): readonly string[] => [
  `--uncompressed_cache_size=${bytes}`,
  '--use_uncompressed_cache=1',
  '--merge_tree_max_rows_to_use_cache=1000000000000',
  '--merge_tree_max_bytes_to_use_cache=1000000000000000',
]
/** One insert is one part per partition, however many days it spans. */
export const insertArgs = ['--max_partitions_per_insert_block=0', '--max_insert_threads=1', '--async_insert=0']
