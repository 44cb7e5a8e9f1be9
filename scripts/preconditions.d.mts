export function nodeProblem(version: string): string | undefined
export function missingPackages(root: string): string[]
