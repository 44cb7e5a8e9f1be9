/**
 * The optional dependencies that no entry of a lockfile's `packages` answers: name, wanted version, path of the package that wants it.
 * `npm ci` refuses a lockfile that has any.
 */
export function absentOptionalPackages(packages) {
  return Object.entries(packages).flatMap(([parent, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !foldersAbove(parent).some((folder) => Object.hasOwn(packages, `${folder}node_modules/${name}`)))
      .map(([name, version]) => ({ name, version, parent })),
  )
}

/** Where Node looks for what a package imports: its own folder, then each one around it. */
function foldersAbove(path) {
  const folders = ['']
  for (let end = path.length; end > 0; end = path.lastIndexOf('/node_modules/', end - 1)) folders.push(`${path.slice(0, end)}/`)
  return folders
}
