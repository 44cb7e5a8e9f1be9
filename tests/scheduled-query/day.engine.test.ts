import { it } from 'vitest'
import { liveThrough } from './day.ts'

/** Two of them in `npm test`, a whole day in `npm run test:scheduled`. */
const hours = Number(process.env['TIDEMARK_TEST_HOURS'] ?? 2)

it(`makes every run of ${hours} hours once, with the right totals, while its processes are killed and stopped`, { timeout: 600_000 }, () =>
  liveThrough({ hours, factor: hours > 2 ? 720 : 1440, ends: hours > 2 ? 20 : 3 }),
)
