import type { ArmDefinition } from '@lemanic/eval'

/** How clients of the digits learn; the columns of the paper's Table 1 and fine-tuning. */
export const mnistMethods = ['local', 'global', 'fine-tuned', 'ditto', 'ifca', 'knn', 'fc', 'oracle'] as const
export type MnistMethod = (typeof mnistMethods)[number]
export const settings = ['rotation', 'private'] as const
export type Setting = (typeof settings)[number]

/** How clients of the regression learn. */
export const regressionMethods = [
  'local',
  'global',
  'fine-tuned',
  'ditto',
  'ifca',
  'ifca-gradient',
  'clustered-fl',
  'myopic',
  'momentum',
  'momentum-frozen',
  'fc',
  'fc-gap',
  'fc-mad',
  'fc-theory',
  'oracle',
] as const
export type RegressionMethod = (typeof regressionMethods)[number]
/** Those that take the sizes of Figure 3 besides. */
export const figure3Methods: readonly RegressionMethod[] = ['local', 'global', 'ifca', 'fc', 'oracle']

/** Arms that are a part of the study by themselves. */
export const soloArms = ['blobs', 'sweeps', 'starts', 'byzantine', 'matrix', 'byzantine-digits'] as const
export type SoloArm = (typeof soloArms)[number]

export type MnistArm = `${Setting}-${MnistMethod}`
export type RegressionArm = `regression-${RegressionMethod}`
export type ArmName = MnistArm | RegressionArm | SoloArm

export const mnistArms = settings.flatMap((setting) => mnistMethods.map((method): MnistArm => `${setting}-${method}`))
export const regressionArms = regressionMethods.map((method): RegressionArm => `regression-${method}`)

/** How methods are called in tables. */
export const methodTitles: Readonly<Record<MnistMethod | RegressionMethod, string>> = {
  local: 'Local',
  global: 'Global',
  'fine-tuned': 'Global, fine-tuned',
  ditto: 'Ditto',
  ifca: 'IFCA',
  'ifca-gradient': 'IFCA, gradients',
  knn: 'kNN',
  'clustered-fl': 'Clustered FL',
  myopic: 'Myopic',
  momentum: 'Momentum-Clustering',
  'momentum-frozen': 'Momentum-Clustering, frozen',
  fc: 'Federated-Clustering',
  'fc-gap': 'FC, gap radius',
  'fc-mad': 'FC, MAD radius',
  'fc-theory': 'FC, theory radius',
  oracle: 'Oracle clusters',
}

const described: Readonly<Record<SoloArm, ArmDefinition>> = {
  blobs: { title: 'Threshold clustering alone', description: 'Gaussian points around four or ten means.' },
  sweeps: { title: 'FC: quantiles and passes', description: 'Federated-Clustering over q and L on the regression.' },
  starts: { title: 'FC and IFCA: random starts', description: 'The same data from several starts.' },
  byzantine: { title: 'Regression with attackers', description: 'FC by quantile, FC by a fixed radius, and Global.' },
  matrix: {
    title: 'Attack × rule × heterogeneity',
    description: 'One model for all by every rule under every attack.',
  },
  'byzantine-digits': { title: 'Private labels with attackers', description: 'FC and Global, a fifth attacks.' },
}

export const armDefinitions = {
  ...Object.fromEntries(
    settings.flatMap((setting) =>
      mnistMethods.map((method) => [
        `${setting}-${method}`,
        { title: `${setting === 'rotation' ? 'Rotation' : 'Private label'}: ${methodTitles[method]}` },
      ]),
    ),
  ),
  ...Object.fromEntries(
    regressionMethods.map((method) => [`regression-${method}`, { title: `Regression: ${methodTitles[method]}` }]),
  ),
  ...described,
} as Record<ArmName, ArmDefinition>

export const isMnist = (arm: ArmName): arm is MnistArm => (mnistArms as readonly string[]).includes(arm)
export const isRegression = (arm: ArmName): arm is RegressionArm => arm.startsWith('regression-')

/** Setting and method of an arm of the digits. */
export function partsOf(arm: MnistArm): { setting: Setting; method: MnistMethod } {
  const at = arm.indexOf('-')
  return { setting: arm.slice(0, at) as Setting, method: arm.slice(at + 1) as MnistMethod }
}

/** Method of an arm of the regression. */
export function methodOf(arm: RegressionArm): RegressionMethod {
  return arm.slice('regression-'.length) as RegressionMethod
}
