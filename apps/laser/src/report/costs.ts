import { type Figure, mean } from '@lemanic/eval'
import { cells, linearPowers, methodTitles, mlpPowers, problemTitles } from '../arms.js'
import { cellOf, methods, type Run, valuesOf } from './run-values.js'

/** Data in a step, and energy until the target. */
export function data(runs: readonly Run[]): Figure[] {
  const rows = [
    ...linearPowers.map((p) => ['linear', p] as const),
    ...mlpPowers.map((p) => ['mlp', p] as const),
  ].flatMap(([problem, power]) =>
    methods.flatMap((method): (string | number | null)[][] => {
      const arm = cellOf(problem, method, power)
      const megabytes = valuesOf(runs, arm, 'megabytes a step')
      if (megabytes.length === 0) return []
      const energies = valuesOf(runs, arm, 'energy to target')
      return [
        [
          problemTitles[problem],
          methodTitles[method],
          power,
          mean(megabytes) * 1000,
          energies.length === megabytes.length ? 10 ** mean(energies) : null,
          `${energies.length} of ${megabytes.length}`,
        ],
      ]
    }),
  )
  if (rows.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'data-energy',
      title: 'Data in a step, and energy until 85 % on validation',
      caption: 'Energy is the power of a worker summed over steps; empty where a seed did not get there.',
      columns: [
        { title: 'Model' },
        { title: 'Method' },
        { title: 'Power', digits: 2 },
        { title: 'kB a step', digits: 1 },
        { title: 'Energy', digits: 1 },
        { title: 'Seeds that got there' },
      ],
      rows,
    },
  ]
}

/** What a step costs in time. */
export function times(runs: readonly Run[]): Figure[] {
  const rows = Object.entries(cells).flatMap(([arm, cell]): (string | number)[][] => {
    const own = runs.filter((run) => run.arm === arm && run.samples?.milliseconds !== undefined)
    if (own.length === 0 || cell.schedule !== 'constant') return []
    const part = (i: number): number => mean(own.map((run) => run.samples!.milliseconds![i]!))
    return [[problemTitles[cell.problem], arm, part(0), part(1), part(2)]]
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'milliseconds',
      title: 'Milliseconds of a step',
      caption: 'Of all simulated workers together, beside other runs on the same machine; without a verdict.',
      columns: [
        { title: 'Model' },
        { title: 'Arm' },
        { title: 'Gradients', digits: 2 },
        { title: 'Reduction', digits: 2 },
        { title: 'of that QR', digits: 3 },
      ],
      rows,
    },
  ]
}
