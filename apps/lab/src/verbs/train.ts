import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  adamw,
  chain,
  clipByGlobalNorm,
  cosineSchedule,
  countParams,
  type Evaluator,
  LemanicError,
  type Params,
  randomKey,
  randomReshuffling,
  type Tensor,
  train,
  type TrainOptions,
} from '@lemanic/tensor-core'
import { checkpointFolder } from '@lemanic/tensor-core/node'
import {
  bitsPerByte,
  type Decoder,
  evaluate,
  nextTokenLoss,
  perplexity,
  type TrainingBatch,
} from '@lemanic/transformer'
import { saveModel } from '@lemanic/transformer/node'
import { withInterrupt } from '../interrupt.js'
import { ProgressLine } from '../models/progress-line.js'
import { checkpointsOf, openRun, tokenizerOf } from '../models/run-folder.js'
import { createModel, trainSettings, type TrainSettings } from '../models/settings.js'
import { batchOf, encodeTexts, readTexts, sequenceCount, type TokenData } from '../models/text-data.js'
import { withEngine } from '../models/with-engine.js'
import type { Options } from '../options.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'

/**
 * Trains a model on the texts of a folder. `--out` keeps everything: train.json (what was asked for), tokenizer.json,
 * checkpoints, and in the end model.json and model.safetensors. The same command goes on where it stopped, and ends with
 * the numbers of a training that never did.
 */
export async function trainVerb(options: Options, terminal: Terminal): Promise<0 | 1> {
  const { data: source, model: given } = options
  if (source === undefined) {
    throw new UsageError(
      '--data: expected a folder with text of your own (.txt, .md), got none\n  for example: npm start -- train --data my-texts --out my-model',
    )
  }
  const settings = trainSettings(given)
  const folder = options.folder ?? join(options.out, 'model')
  return withInterrupt(
    () => terminal.say('\nStopping after this step …'),
    async (signal) => {
      const texts = await readTexts(source)
      const state = await openRun(folder, settings, texts.digest, given.restart === true)
      try {
        return await withEngine(options, async ({ name }) => {
          const count = texts.texts.length
          terminal.say(`${count} ${count === 1 ? 'text' : 'texts'}, ${(texts.bytes / 1e6).toFixed(2)} MB, on ${name}`)
          const result = await trainOn(texts.texts, { settings, folder, signal, given }, terminal)
          if (result === undefined) return stopped(terminal, folder, options)
          if (options.json) terminal.print(JSON.stringify(result))
          return 0
        })
      } catch (error) {
        if (signal.aborted) return stopped(terminal, folder, options)
        // nothing was learned: with more text, or other options, the folder serves again
        if (state === 'new' && LemanicError.isInstance(error, 'too-little-text'))
          await rm(folder, { recursive: true, force: true })
        throw error
      }
    },
  )
}

interface Task {
  readonly settings: TrainSettings
  readonly folder: string
  readonly signal: AbortSignal
  readonly given: Options['model']
}

/** Trains and keeps the model; what --json prints, or undefined when stopped. */
async function trainOn(texts: readonly string[], task: Task, terminal: Terminal): Promise<object | undefined> {
  const { settings, folder, signal } = task
  const { tokenizer, endToken } = await tokenizerOf(folder, settings, texts, signal, terminal.say)
  const tokens = encodeTexts(texts, tokenizer, endToken, settings)
  const model = createModel(settings, tokenizer.vocabularySize)
  const outcome = await runTraining({ ...task, model, tokens }, terminal)
  if (outcome === undefined) return undefined
  const { params, loss } = outcome
  const { loss: validationLoss } = await evaluate(model, params, tokens.validation)
  const generation = endToken === undefined ? {} : { stopTokens: [endToken], beginToken: endToken }
  await saveModel(folder, { model, params, tokenizer, generation, metadata: { training: settings, validationLoss } })
  const units = {
    perplexity: perplexity(validationLoss),
    bitsPerByte: bitsPerByte(validationLoss, tokens.bytesPerToken),
  }
  terminal.say(
    `validation loss ${validationLoss.toFixed(4)} nats (perplexity ${units.perplexity.toFixed(1)}, ${units.bitsPerByte.toFixed(3)} bits a byte)\n` +
      `model  ${folder}\n\nTo write with it:  npm start -- generate --from ${quoted(folder)} --prompt "…"`,
  )
  return {
    folder,
    steps: settings.steps,
    parameters: countParams(params),
    trainingTokens: tokens.training.length,
    trainingLoss: loss ?? null, // of the last step; none was left to do where it was finished before
    validationLoss,
    ...units,
  }
}

interface Run extends Task {
  readonly model: Decoder
  readonly tokens: TokenData
}

function trainOptionsOf({ model, tokens, settings, folder, signal, given }: Run): TrainOptions<TrainingBatch, Tensor> {
  const { steps, batch, accumulate, context, seed, clip, learningRate: peak, warmup, weightDecay } = settings
  const key = randomKey(seed)
  const every = given['evaluate-every'] ?? Math.ceil(steps / 10)
  const validation: Evaluator = {
    name: 'validation',
    isDue: (step) => step > 0 && step < steps && step % every === 0,
    evaluate: async (params) => ({ loss: (await evaluate(model, params, tokens.validation)).loss }),
  }
  return {
    model,
    loss: nextTokenLoss,
    sampler: randomReshuffling({
      size: sequenceCount(tokens.training, context),
      batchSize: batch,
      key: key.foldIn('order'),
      batch: (indices) => batchOf(tokens.training, context, indices),
    }),
    optimizer: chain(
      clipByGlobalNorm(clip),
      adamw({ learningRate: cosineSchedule({ peak, steps, warmup, end: peak / 10 }), beta2: 0.95, weightDecay }),
    ),
    steps,
    accumulate,
    key,
    evaluators: [validation],
    checkpoint: {
      store: checkpointFolder(checkpointsOf(folder)),
      every: given['save-every'] ?? Math.min(250, Math.ceil(steps / 10)),
    },
    signal,
    clock: () => performance.now(),
    measure: () => ({ tokens: batch * context }),
  }
}

/** The trained parameters and the last step's loss (undefined where none was left to do); undefined when stopped. */
async function runTraining(run: Run, terminal: Terminal): Promise<{ params: Params; loss?: number } | undefined> {
  const progress = new ProgressLine(terminal, () => performance.now())
  let loss: number | undefined
  for await (const event of train(trainOptionsOf(run))) {
    if (event.type === 'train-start') {
      const { tokens, settings } = run
      const size = `${(event.parameterCount / 1e6).toFixed(2)} M parameters, ${tokens.training.length} tokens to learn from`
      progress.say(
        event.resumedFrom === undefined ? size : `${size}; going on after step ${event.step} of ${settings.steps}`,
      )
    } else if (event.type === 'checkpoint-refused') {
      progress.say(terminal.color.yellow(`${event.path} is damaged and was passed over: ${event.message}`))
    } else if (event.type === 'step-end') {
      loss = event.loss
      const speed = event.tokensPerSecond === undefined ? '' : `  ${Math.round(event.tokensPerSecond)} tokens/s`
      progress.step(event.step, event.steps, `loss ${event.loss.toFixed(4)}${speed}`)
    } else if (event.type === 'evaluation-end') {
      progress.say(`step ${event.step}/${run.settings.steps}  validation loss ${event.metrics.loss!.toFixed(4)}`)
    } else if (event.type === 'train-end') {
      if (event.reason === 'aborted') return undefined
      progress.say(`${run.settings.steps} steps are done`)
      return { params: event.params, ...(loss !== undefined && { loss }) }
    }
  }
  return undefined
}

const quoted = (word: string): string => (/^[\w./@:+-]+$/.test(word) ? word : JSON.stringify(word))

/** Says how to go on; the exit code of a stop. */
function stopped(terminal: Terminal, folder: string, options: Options): 1 {
  const words = Object.entries(options.model).flatMap(([name, value]) => {
    if (name === 'restart') return []
    return value === true ? [`--${name}`] : [`--${name} ${quoted(String(value))}`]
  })
  const engine = (['backend', 'threads'] as const).flatMap((name) =>
    options[name] === undefined ? [] : [`--${name} ${options[name]}`],
  )
  const command = [
    'npm start -- train',
    `--data ${quoted(options.data!)}`,
    `--out ${quoted(folder)}`,
    ...words,
    ...engine,
  ]
  terminal.say(`\nStopped; what was learned is kept. To go on where it stopped:\n  ${command.join(' ')}`)
  return 1
}
