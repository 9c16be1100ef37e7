import {
  LemanicError,
  type Checkpoint,
  type CheckpointStore,
  type Collectives,
  type RefusedCheckpoint,
} from '@lemanic/tensor-core'

/**
 * Checkpoints of a run of several ranks. Each rank keeps its own (error feedback and the sampler differ among ranks) in
 * the store that `storeOf(rank)` gives, a folder for each rank for instance:
 *
 *     distributedCheckpoints(world, (rank) => checkpointFolder(`checkpoints/rank-${rank}`))
 *
 * A save is complete when all ranks have saved; no rank goes on before. Loading gives all ranks the newest step that
 * every rank has, also where a rank was lost before it had saved, or has a damaged checkpoint. The store must keep two
 * steps or more (the default of `checkpointFolder`). Stores may be on disks of the machines or on a shared one.
 */
export function distributedCheckpoints(
  collectives: Collectives,
  storeOf: (rank: number) => CheckpointStore,
): CheckpointStore {
  const store = storeOf(collectives.rank)
  return {
    async save(checkpoint: Checkpoint) {
      const path = await store.save(checkpoint)
      await collectives.barrier()
      return path
    },
    async load(atMost = Infinity) {
      const refused: RefusedCheckpoint[] = []
      for (let limit = atMost; ; ) {
        const found = await store.load(limit).catch((error: unknown) => ({ error }))
        const step = 'error' in found ? NaN : (found.loaded?.checkpoint.step ?? -1)
        const steps = await gatherSteps(collectives, step)
        if ('error' in found) throw found.error
        const unable = steps.findIndex(Number.isNaN)
        if (unable >= 0) throw unusable(unable)
        refused.push(...found.refused.filter(({ path }) => !refused.some((one) => one.path === path)))
        limit = Math.min(...steps)
        if (limit < 0) return { loaded: undefined, refused }
        if (steps.every((other) => other === limit)) return { loaded: found.loaded, refused }
      }
    },
  }
}

function unusable(rank: number): LemanicError {
  return new LemanicError('checkpoint-damaged', `rank ${rank} cannot load a checkpoint`, {
    fields: { rank },
    help: `look at the output of rank ${rank}; { resume: false } on all ranks starts anew`,
  })
}

async function gatherSteps(collectives: Collectives, own: number): Promise<number[]> {
  const gathered = await collectives.allGather(new Uint8Array(Float64Array.of(own).buffer))
  return gathered.map((bytes) => new Float64Array(bytes.slice().buffer)[0] as number)
}
