import { dispose, scope, type CheckpointStore, type Json, type RandomKey } from '@lemanic/tensor-core'
import type { AlgorithmState, FederatedAlgorithm, RoundContext } from '../algorithms/algorithm.js'
import type { Attack } from '../attacks/attack.js'
import type { Clients } from '../clients/clients.js'
import { argumentError, checkOptions, checkWhole } from '../refuse.js'
import type { Rows } from '../rows/rows.js'
import { fromCheckpoint, toCheckpoint, type Snapshot } from './checkpoint.js'
import { noCounts, Tally } from './counters.js'
import { deliver, type AttackHistory, type Post } from './delivery.js'
import type { Exclusion, SimulationEvent } from './events.js'
import { checkParticipation, drawParticipants, type ParticipationOptions } from './participation.js'

export interface SimulationOptions {
  readonly clients: Clients
  readonly algorithm: FederatedAlgorithm
  /** Rounds in all, ≥ 0; a resumed run counts those that were done. */
  readonly rounds: number
  /** All that is drawn comes from it; the same key gives the same run. */
  readonly key: RandomKey
  /** Steps of a client between two exchanges, ≥ 1. Default 1. */
  readonly localSteps?: number
  /** Default: everybody, always. */
  readonly participation?: ParticipationOptions
  /** Clients that attack. An attack that changes labels only is to be in the clients' data already. */
  readonly byzantine?: { readonly clients: readonly number[]; readonly attack: Attack }
  /**
   * What is done with contributions that hold NaN or Infinity: they are left out of the round, their clients are left out
   * of all later rounds too, or the run ends with an error that names them. Default `exclude`.
   */
  readonly nonFinite?: 'exclude' | 'quarantine' | 'throw'
  /** Called before the first round, every so many rounds (default 1) and after the last. Does not keep the models. */
  readonly evaluate?: {
    readonly every?: number
    readonly run: (models: Rows, rounds: number) => Readonly<Record<string, Json>>
  }
  /** Saved every so many rounds (default 1) and after the last; the run goes on from the newest one that it finds. */
  readonly checkpoint?: { readonly store: CheckpointStore; readonly every?: number }
}

const optionNames = [
  'clients',
  'algorithm',
  'rounds',
  'key',
  'localSteps',
  'participation',
  'byzantine',
  'nonFinite',
  'evaluate',
  'checkpoint',
]

/**
 * Runs a federated algorithm, round by round, and tells what happened. Resumed from any round it gives the same result
 * as a run that was not interrupted. Leaves no tensor behind but the models of `simulation-end`.
 */
export async function* simulate(options: SimulationOptions): AsyncGenerator<SimulationEvent, void, void> {
  const { clients, algorithm, rounds, key, evaluate, checkpoint, participation = {}, localSteps = 1 } = options
  const post = checked(options)
  const loaded = await checkpoint?.store.load()
  let { algorithm: state, ...now }: Snapshot =
    loaded?.loaded === undefined
      ? start(options)
      : scope(() => fromCheckpoint(loaded.loaded!.checkpoint, algorithm.name, key))
  const history: AttackHistory = { ...now.attack }
  const measure = (): Readonly<Record<string, Json>> =>
    scope(() => evaluate!.run(algorithm.models(state, clients, key.foldIn('evaluation')), now.rounds))
  try {
    if (evaluate !== undefined && now.rounds === 0) yield { type: 'evaluation-end', rounds: 0, metrics: measure() }
    while (now.rounds < rounds) {
      const round = now.rounds
      const roundKey = key.foldIn('round').foldIn(round)
      const available = Array.from({ length: clients.count }, (_, i) => i).filter((i) => !now.quarantined.includes(i))
      if (available.length === 0) throw argumentError('simulate', `round ${round}: every client is quarantined`)
      const present = drawParticipants(available, participation, localSteps, roundKey.foldIn('participation'))
      const tally = new Tally(now.counters)
      const excluded: Exclusion[] = []
      const report: Record<string, Json> = {}
      const context: RoundContext = {
        clients: tally.watching(clients),
        round,
        key: roundKey.foldIn('algorithm'),
        participants: present.participants,
        steps: present.steps,
        firstBatch: round * localSteps,
        isByzantine: (client) => post.byzantine.has(client),
        deliver(delivery) {
          const own = delivery.receiver === undefined ? 0 : Number(delivery.senders.includes(delivery.receiver))
          tally.sent(delivery.senders.length - own, delivery.points.bytesPerRow)
          const arrived = deliver(delivery, post, { round, key: roundKey, history })
          excluded.push(...arrived.excluded)
          return arrived.received
        },
        broadcast: (model, receivers) => tally.sent(receivers, model.bytesPerRow),
        report: (name, value) => (report[name] = value),
      }
      const run = (): AlgorithmState | Promise<AlgorithmState> => algorithm.round(state, context)
      const next = algorithm.isAsync === true ? await run() : scope(run as () => AlgorithmState)
      replace(state, next)
      state = next
      const failed = [...new Set(excluded.map(({ client }) => client))]
      now = {
        ...now,
        rounds: round + 1,
        quarantined:
          options.nonFinite === 'quarantine' ? [...new Set([...now.quarantined, ...failed])] : now.quarantined,
        counters: tally.counters,
      }
      yield {
        type: 'round-end',
        round,
        participants: [...present.participants],
        dropped: present.dropped,
        stragglers: present.stragglers,
        excluded,
        quarantined: now.quarantined,
        report,
        counters: now.counters,
      }
      const isLast = now.rounds === rounds
      if (evaluate !== undefined && (isLast || now.rounds % (evaluate.every ?? 1) === 0))
        yield { type: 'evaluation-end', rounds: now.rounds, metrics: measure() }
      if (checkpoint !== undefined && (isLast || now.rounds % (checkpoint.every ?? 1) === 0))
        await checkpoint.store.save(toCheckpoint({ ...now, algorithm: state, attack: history }, algorithm.name, key))
    }
    const models = scope(() => algorithm.models(state, clients, key.foldIn('evaluation')))
    yield { type: 'simulation-end', rounds: now.rounds, models, counters: now.counters }
  } finally {
    dispose([state, history])
  }
}

/** The last event of a run, with everything that was measured. */
export async function runSimulation(options: SimulationOptions): Promise<{
  readonly models: Rows
  readonly evaluations: readonly Extract<SimulationEvent, { type: 'evaluation-end' }>[]
  readonly rounds: readonly Extract<SimulationEvent, { type: 'round-end' }>[]
  readonly counters: Snapshot['counters']
}> {
  const events: SimulationEvent[] = []
  for await (const event of simulate(options)) events.push(event)
  const last = events[events.length - 1] as Extract<SimulationEvent, { type: 'simulation-end' }>
  return {
    models: last.models,
    evaluations: events.filter((event) => event.type === 'evaluation-end'),
    rounds: events.filter((event) => event.type === 'round-end'),
    counters: last.counters,
  }
}

function start({ algorithm, clients, key }: SimulationOptions): Snapshot {
  return {
    rounds: 0,
    algorithm: scope(() => algorithm.init(clients, key.foldIn('init'))),
    attack: {},
    quarantined: [],
    counters: noCounts,
  }
}

/** Gives back the rows of the old state that the new one does not hold. */
function replace(old: AlgorithmState, next: AlgorithmState): void {
  const kept = new Set(Object.values(next.rows))
  dispose(Object.values(old.rows).filter((rows) => !kept.has(rows)))
}

function checked(options: SimulationOptions): Post {
  checkOptions('simulate', options, optionNames)
  const { clients, rounds, localSteps = 1, participation = {}, byzantine, nonFinite = 'exclude' } = options
  checkWhole('simulate', 'rounds', rounds, 0)
  checkWhole('simulate', 'localSteps', localSteps, 1)
  checkWhole('simulate', 'evaluate.every', options.evaluate?.every ?? 1, 1)
  checkWhole('simulate', 'checkpoint.every', options.checkpoint?.every ?? 1, 1)
  checkParticipation(participation, clients.count)
  for (const client of byzantine?.clients ?? [])
    checkWhole('simulate', 'byzantine.clients', client, 0, clients.count - 1)
  if (new Set(byzantine?.clients).size === clients.count)
    throw argumentError('simulate', 'byzantine.clients: expected at least one honest client')
  if (!['exclude', 'quarantine', 'throw'].includes(nonFinite))
    throw argumentError('simulate', `nonFinite: expected exclude, quarantine or throw, got ${String(nonFinite)}`)
  return { attack: byzantine?.attack, byzantine: new Set(byzantine?.clients), sizes: clients.sizes, policy: nonFinite }
}
