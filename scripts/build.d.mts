export function buildIfStale(root: string, say: (text: string) => void): void
