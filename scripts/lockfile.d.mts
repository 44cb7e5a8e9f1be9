interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
interface AbsentPackage {
  readonly name: string
  readonly version: string
  readonly parent: string
}
export function absentOptionalPackages(packages: Readonly<Record<string, LockedPackage>>): AbsentPackage[]
