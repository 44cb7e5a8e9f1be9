// Scenarios of one client, counted.
import process from 'node:process'

const counts = { passed: 0, failed: 0 }

/** Runs one scenario; what it throws is a failure. */
export async function check(name, body) {
  try {
    await body()
    counts.passed++
    process.stdout.write(`ok ${name}\n`)
  } catch (error) {
    counts.failed++
    process.stdout.write(`FAILED ${name}: ${error.message}\n`)
  }
}

/** The last line, and the exit status. */
export function finish() {
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}
