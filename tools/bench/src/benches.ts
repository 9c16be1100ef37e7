import { federated } from './federated.js'
import { fusion } from './fusion.js'
import { overheads, products } from './products.js'
import { looped } from './looped.js'
import { training } from './training.js'

/** All benches, in the order in which they run. */
export const benches = [...products, ...overheads, ...training, ...looped, ...federated, ...fusion]
