import type { ArgsDef } from 'citty'

// Options of the verbs for models of the user's own: train, generate, convert. Each is said here once: what it takes
// (`kind`), and how the help explains it.

type Kind = 'whole' | 'count' | 'positive' | 'number' | 'any' | 'rate' | 'share' | 'text' | 'flag' | readonly string[]

interface ModelOption {
  readonly kind: Kind
  readonly hint?: string
  readonly description: string
}

export const modelKinds = ['gpt', 'llama', 'block-universal', 'cotformer'] as const
export const depthEmbeddings = ['none', 'linear', 'learned'] as const
export const folderKinds = ['hugging-face', 'lemanic'] as const
export const weightTypes = ['float32', 'bfloat16', 'float16'] as const
export const familyNames = ['gpt2', 'llama', 'gpt_neox', 'bart', 't5'] as const

const table = {
  // what is trained
  model: {
    kind: modelKinds,
    hint: 'NAME',
    description: `${modelKinds.join(', ')}; default: gpt. The last two repeat their blocks`,
  },
  layers: { kind: 'whole', description: 'blocks with weights of their own that are repeated (or not); default: 4' },
  width: { kind: 'whole', description: 'length of a token’s vector; default: 128' },
  heads: { kind: 'whole', description: 'attention heads, a divisor of the width; default: 4' },
  context: { kind: 'whole', description: 'most tokens that the model sees at once; default: 128' },
  dropout: { kind: 'rate', hint: 'RATE', description: 'rate of dropout while training; default: 0' },
  repeats: { kind: 'whole', description: 'how often block-universal and cotformer apply their blocks; default: 3' },
  'begin-layers': { kind: 'count', description: 'blocks before the repeated ones; default: 0' },
  'end-layers': { kind: 'count', description: 'blocks after the repeated ones; default: 0' },
  'repeat-norm': { kind: 'flag', description: 'a norm after each repeat (LN-CoTFormer)' },
  'depth-embedding': {
    kind: depthEmbeddings,
    hint: 'NAME',
    description: `what tells a repeat its number: ${depthEmbeddings.join(', ')}; default: none`,
  },
  // from which text
  vocabulary: { kind: 'whole', description: 'tokens of the byte-pair encoding that is learned; default: 2048' },
  tokenizer: {
    kind: 'text',
    hint: 'PATH',
    description: 'a tokenizer.json, or a folder that has one, instead of learning from the text',
  },
  validation: { kind: 'share', hint: 'SHARE', description: 'end of each text that is held out; default: 0.05' },
  // how
  steps: { kind: 'whole', description: 'training steps; default: 1000' },
  batch: { kind: 'whole', description: 'sequences of a step; default: 16' },
  accumulate: { kind: 'whole', description: 'batches of a step, one after the other; default: 1' },
  'learning-rate': { kind: 'positive', hint: 'RATE', description: 'peak of AdamW’s rate; default: 0.001' },
  warmup: { kind: 'count', description: 'steps of rising rate, which then falls as a cosine; default: a twentieth' },
  'weight-decay': { kind: 'number', hint: 'RATE', description: 'decay of matrices; default: 0.1' },
  clip: { kind: 'positive', hint: 'NORM', description: 'largest norm of all gradients; default: 1' },
  'evaluate-every': { kind: 'whole', description: 'steps between two losses on held-out text; default: a tenth' },
  'save-every': { kind: 'whole', description: 'steps between two checkpoints; default: a tenth, at most 250' },
  restart: { kind: 'flag', description: 'begin anew where there are checkpoints of an earlier training' },
  seed: { kind: 'count', description: 'decides everything random; default: 0' },
  // which model, and what it writes
  from: { kind: 'text', hint: 'DIR', description: 'folder of the model: of a training, or of the Hugging Face Hub' },
  prompt: {
    kind: 'text',
    hint: 'TEXT',
    description: 'text to continue (to answer, of an encoder–decoder); default: none',
  },
  'prompt-file': { kind: 'text', hint: 'FILE', description: 'file that holds the prompt; - for standard input' },
  chat: { kind: 'flag', description: 'put the prompt into the model’s chat format' },
  tokens: { kind: 'whole', description: 'most tokens to add; default: 200' },
  samples: { kind: 'whole', description: 'how many texts; default: 1' },
  temperature: { kind: 'number', hint: 'T', description: '0 takes the most likely token; default: 0.8' },
  'top-k': { kind: 'whole', description: 'draw among so many most likely tokens; default: all' },
  'top-p': { kind: 'share', hint: 'P', description: 'draw among those whose probabilities sum to P; default: 1' },
  'min-p': {
    kind: 'rate',
    hint: 'P',
    description: 'draw among those at least P times as likely as the first; default: 0',
  },
  'repetition-penalty': {
    kind: 'positive',
    hint: 'X',
    description: 'above 1: tokens of the text get less likely; default: 1',
  },
  'no-repeat-ngram': { kind: 'whole', description: 'no run of so many tokens occurs twice; default: any may' },
  'minimum-tokens': { kind: 'count', description: 'tokens before the text may end; default: 0' },
  stop: { kind: 'text', hint: 'TEXT', description: 'generation ends before this text' },
  beams: { kind: 'whole', description: 'search with so many beams instead of drawing' },
  'length-penalty': { kind: 'any', hint: 'X', description: 'of a search: above 0 for longer texts; default: 1' },
  // conversion
  to: { kind: folderKinds, hint: 'KIND', description: `${folderKinds.join(' or ')}; default: hugging-face` },
  family: {
    kind: familyNames,
    hint: 'NAME',
    description: `whose files to write: ${familyNames.join(', ')}; default: the first that can hold the model`,
  },
  dtype: {
    kind: weightTypes,
    hint: 'TYPE',
    description: `type of the weights: ${weightTypes.join(', ')}; default: as stored`,
  },
} as const satisfies Readonly<Record<string, ModelOption>>

export type ModelOptionName = keyof typeof table

type ValueOf<K> = K extends readonly (infer Word)[]
  ? Word
  : K extends 'text'
    ? string
    : K extends 'flag'
      ? true
      : number

/** Options as given, checked; those that were not given are absent. */
export type ModelValues = { readonly [Name in ModelOptionName]?: ValueOf<(typeof table)[Name]['kind']> }

export const modelOptionNames = Object.keys(table) as ModelOptionName[]
export const kindOf = (name: ModelOptionName): Kind => table[name].kind

const isFlag = ({ kind }: ModelOption): boolean => kind === 'flag'

/** For citty; choices are checked by us, which knows the nearest word. */
export const modelArguments = Object.fromEntries(
  Object.entries(table as Readonly<Record<string, ModelOption>>).map(([name, option]) => [
    name,
    isFlag(option)
      ? { type: 'boolean', description: option.description }
      : { type: 'string', valueHint: option.hint ?? 'N', description: option.description },
  ]),
) as { readonly [Name in ModelOptionName]: ArgsDef[string] }

const shared = ['backend', 'threads', 'json', 'debug', 'help'] as const

export const trainOptions = [
  'data',
  'out',
  ...(modelOptionNames.slice(0, modelOptionNames.indexOf('seed') + 1) as ModelOptionName[]),
  ...shared,
] as const
export const generateOptions = [
  ...(modelOptionNames.slice(modelOptionNames.indexOf('from'), modelOptionNames.indexOf('to')) as ModelOptionName[]),
  'seed',
  'dtype',
  ...shared,
] as const
export const convertOptions = ['from', 'out', 'to', 'family', 'dtype', 'json', 'debug', 'help'] as const
