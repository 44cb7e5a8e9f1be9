import { expect, it } from 'vitest'
import { readsIn } from './engine-reads.ts'

const plan = `Join (JOIN FillRightFirst)
├──ReadFromMergeTree (db.a)
│     Parts: 2 | Granules: 3
│     Indexes:
│       Min-Max
│         Parts: 4/9
│         Granules: 30/90
│       Partition
│         Granules: 20/30
│       PrimaryKey
│         Parts: 2/4
│         Granules: 5/20
│       Skip
│         Name: by_host
│         Granules: 3/5
└──BuildRuntimeFilter (Build runtime join filter on c5)
   ├──ReadFromMergeTree (db.c)
   │     Parts: 1 | Granules: 6
   └──ReadFromMergeTree (db.b)
         Indexes:
           PrimaryKey
             Granules: 7/8`

it('finds what the indexes leave of each table, beyond what time leaves', () => {
  expect(readsIn(plan.split('\n'))).toEqual([
    { table: 'db.a', granulesInTime: 20, granules: 3, allGranules: 90, parts: 2, allParts: 9 },
    { table: 'db.c', granulesInTime: 0, granules: 6, allGranules: undefined, parts: 1, allParts: undefined },
    { table: 'db.b', granulesInTime: 8, granules: 7, allGranules: 8, parts: undefined, allParts: undefined },
  ])
  expect(readsIn(['ReadFromPreparedSource (_exact_count_projection)'])).toEqual([])
})
