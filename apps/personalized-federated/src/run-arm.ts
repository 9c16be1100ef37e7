import type { RunOutput } from '@lemanic/eval'
import { type ArmName, isMnist, isRegression } from './arms.js'
import { runBlobs } from './blobs/run-blobs.js'
import { runAttackedDigits } from './mnist/run-attacked-digits.js'
import { type FederatedContext, runDigitsArm } from './mnist/run-digits.js'
import { runByzantine } from './regression/run-byzantine.js'
import { runMatrix } from './regression/run-matrix.js'
import { runRegressionArm } from './regression/run-regression.js'
import { runStarts, runSweeps } from './regression/run-sweeps.js'

/** One run of any arm. */
export function runArm(arm: ArmName, seed: number, context: FederatedContext): Promise<RunOutput> {
  if (isMnist(arm)) return runDigitsArm(arm, seed, context)
  if (isRegression(arm)) return runRegressionArm(arm, seed, context)
  switch (arm) {
    case 'blobs':
      return runBlobs(seed, context)
    case 'sweeps':
      return runSweeps(seed, context)
    case 'starts':
      return runStarts(seed, context)
    case 'byzantine':
      return runByzantine(seed, context)
    case 'matrix':
      return runMatrix(seed, context)
    case 'byzantine-digits':
      return runAttackedDigits(seed, context)
  }
}
