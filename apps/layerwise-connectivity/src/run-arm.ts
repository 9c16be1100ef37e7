import type { RunOutput } from '@lemanic/eval'
import { isLanguage, isVision, type ArmName, type FederatedArm } from './arms.js'
import type { ConnectivityContext } from './engine.js'
import { runFederated } from './federated/run-federated.js'
import { runLanguage } from './language/run-language.js'
import { runVision } from './vision/run-vision.js'

/** One pair of networks, or one federation, at one seed. */
export function runArm(arm: ArmName, seed: number, context: ConnectivityContext): Promise<RunOutput> {
  if (isVision(arm)) return runVision(arm, seed, context)
  if (isLanguage(arm)) return runLanguage(arm, seed, context)
  return runFederated(arm as FederatedArm, seed, context)
}
