import { attentionCases } from './attention.js'
import { channelCases } from './channel-norms.js'
import { compositionCases } from './compositions.js'
import { decompositionCases } from './decompositions.js'
import { elementWiseCases } from './element-wise.js'
import { imageCases } from './images.js'
import { largeCases } from './large.js'
import { networkCases } from './networks.js'
import { optimizerCases } from './optimizer-steps.js'
import { productCases } from './products.js'
import { randomShapeCases } from './random-shapes.js'
import { randomCases } from './random.js'
import { recurrentCases } from './recurrent.js'
import { reductionCases } from './reductions.js'
import { shapeCases } from './shapes.js'
import type { Case } from '../case.js'

/** Every primitive and fused operation at ordinary, edge and large shapes. Names are unique. */
export function conformanceCases(): Case[] {
  return [
    ...elementWiseCases,
    ...reductionCases,
    ...shapeCases,
    ...productCases,
    ...imageCases,
    ...randomCases,
    ...networkCases,
    ...attentionCases,
    ...recurrentCases,
    ...decompositionCases,
    ...channelCases,
    ...optimizerCases,
    ...compositionCases,
    ...largeCases,
    ...randomShapeCases(20),
  ]
}
