export interface Panel {
  readonly title: string
  readonly lines: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[]
}

const [width, height, margin] = [420, 280, 56]
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7']

const powers = (values: readonly number[]): readonly [number, number] => [
  Math.floor(Math.log10(Math.min(...values))),
  Math.ceil(Math.log10(Math.max(...values)) + 1e-9),
]

/** Panels side by side, both axes logarithmic, as SVG. */
export function drawLines(panels: readonly Panel[]): string {
  const body = panels.map((panel, i) => `<g transform="translate(${i * (width + margin)} 0)">${drawPanel(panel)}</g>`)
  const size = `${panels.length * (width + margin) + margin} ${height + margin * 2}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" font-family="sans-serif" font-size="12">${body.join('')}</svg>\n`
}

function drawPanel({ title, lines }: Panel): string {
  const points = lines.flatMap((line) => line.points)
  const [x0, x1] = powers(points.map(([x]) => x))
  const [y0, y1] = powers(points.map(([, y]) => y))
  const atX = (x: number): number => margin + ((Math.log10(x) - x0) / Math.max(1, x1 - x0)) * (width - margin)
  const atY = (y: number): number => margin + (1 - (Math.log10(y) - y0) / Math.max(1, y1 - y0)) * (height - margin)
  const grid: string[] = []
  for (let power = x0; power <= x1; power++) {
    const x = atX(10 ** power)
    grid.push(
      `<path d="M${x} ${margin}V${height}" stroke="#ddd"/><text x="${x}" y="${height + 16}" text-anchor="middle">${label(power)}</text>`,
    )
  }
  for (let power = y0; power <= y1; power++) {
    const y = atY(10 ** power)
    grid.push(
      `<path d="M${margin} ${y}H${width}" stroke="#ddd"/><text x="${margin - 6}" y="${y + 4}" text-anchor="end">${label(power)}</text>`,
    )
  }
  const drawn = lines.map((line, i) => {
    const colour = colours[i % colours.length]!
    const path = line.points.map(([x, y]) => `${atX(x).toFixed(1)} ${atY(y).toFixed(1)}`).join('L')
    const dots = line.points.map(([x, y]) => `<circle cx="${atX(x).toFixed(1)}" cy="${atY(y).toFixed(1)}" r="3" fill="${colour}"/>`)
    const legend = `<text x="${margin}" y="${height + 34 + i * 15}" fill="${colour}">${line.name}</text>`
    return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${legend}`
  })
  return `<text x="${margin}" y="${margin - 16}" font-weight="bold">${title}</text>${grid.join('')}${drawn.join('')}`
}

const label = (power: number): string =>
  power >= 6 ? `${10 ** (power - 6)} M` : power >= 3 ? `${10 ** (power - 3)} k` : String(10 ** power)
