import { ServerError } from '../../../../base/errors.ts'

const longestTopic = 256

/** @throws ServerError VALIDATION for what is no filter of topics: `+` stands for one level, `#` at the end for all that are left */
export function checkTopicFilter(filter: string): void {
  const levels = filter.split('/')
  const fault =
    filter === '' || Buffer.byteLength(filter) > longestTopic
      ? `has not 1 to ${longestTopic} bytes`
      : levels.some((level) => level.length > 1 && /[+#]/.test(level))
        ? 'has + or # beside other characters'
        : levels.slice(0, -1).includes('#')
          ? 'has levels behind #'
          : undefined
  if (fault !== undefined) throw new ServerError('VALIDATION', `The topic filter ${JSON.stringify(filter)} ${fault}.`)
}

/** Source: MQTT 3.1.1, 4.7. */
export function topicMatcher(filter: string): (topic: string) => boolean {
  if (!/[+#]/.test(filter)) return (topic) => topic === filter
  const levels = filter.split('/')
  const isOpen = levels.at(-1) === '#'
  if (isOpen) levels.pop()
  return (topic) => {
    if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
    const parts = topic.split('/')
    if (isOpen ? parts.length < levels.length : parts.length !== levels.length) return false
    return levels.every((level, i) => level === '+' || level === parts[i])
  }
}
