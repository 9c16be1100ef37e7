export { attentionByRepeat, type RepeatAttention } from './attention-by-repeat.js'
export { blockVisits, type BlockVisit } from './block-visits.js'
export { calibrateThresholds, capacitiesOfLevel, type Calibration } from './calibrate-thresholds.js'
export { distinctBlocks, effectiveDepth } from './config.js'
export type {
  BlockConfig,
  InitializationConfig,
  RelativeConfig,
  RotaryConfig,
  RotaryScaling,
} from './blocks/block-config.js'
export { KeyValueCache } from './blocks/key-value-cache.js'
export type {
  BlockOptions,
  DecoderConfig,
  DecoderOptions,
  EncoderDecoderConfig,
  EncoderDecoderOptions,
  StackConfig,
} from './config.js'
export { countActivationBytes, type ActivationBytes, type ActivationOptions } from './count-activation-bytes.js'
export { countCacheBytes, type CacheOptions } from './count-cache-bytes.js'
export {
  countMultiplyAccumulates,
  type MultiplyAccumulateOptions,
  type MultiplyAccumulates,
} from './count-multiply-accumulates.js'
export { countParameters, type ParameterCount } from './count-parameters.js'
export { createDecoder } from './decoder.js'
export { createEncoderDecoder } from './encoder-decoder.js'
export { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.js'
export { beamSearch, type BeamResult, type BeamSearchOptions } from './generation/beam-search.js'
export {
  generate,
  generateBatch,
  streamTokens,
  type GenerateBatchOptions,
  type GenerateOptions,
} from './generation/generate.js'
export { generateText, streamText, type GenerateTextOptions } from './generation/generate-text.js'
export type { GenerativeModel, SamplingOptions, ScoreOptions } from './generation/generation-options.js'
export * as logitsProcessors from './generation/logits-processors.js'
export type { LogitsContext, LogitsProcessor } from './generation/logits-processors.js'
export { bitsPerByte, perplexity } from './loss-units.js'
export type {
  ApplyContext,
  Decoder,
  EncodedSource,
  EncoderDecoder,
  PairBatch,
  PairTrainingBatch,
  SourceBatch,
  TokenBatch,
  TrainingBatch,
} from './model.js'
export { nextTokenLoss } from './next-token-loss.js'
export {
  checkParameters,
  describeEncoderDecoderParameters,
  describeParameters,
  type ParameterSpec,
} from './parameters.js'
export { resolveDecoderConfig, resolveEncoderDecoderConfig } from './resolve-config.js'
export { capacitySamplers, sampleCapacities, type CapacitySampler } from './stacks/capacity-samplers.js'
export type { Routing } from './stacks/routing.js'
export { traceExits, type ExitTrace, type TraceOptions } from './trace-exits.js'
export {
  trainBytePairEncoding,
  type TrainBytePairEncodingOptions,
  type TrainingProgress,
} from './tokenizer/train-byte-pair-encoding.js'
export {
  Tokenizer,
  type DecodeOptions,
  type EncodeOptions,
  type TokenizerDefinition,
  type TokenizerNormalization,
} from './tokenizer/tokenizer.js'
export { ChatTemplate, type ChatMessage, type ChatTemplateOptions } from './tokenizer/chat-template.js'
export { HubTokenizer } from './tokenizer/hub-tokenizer.js'
export { readTokenizer } from './tokenizer/read-tokenizer.js'
export type { TextStreamDecoder, TextTokenizer } from './tokenizer/text-tokenizer.js'
export type { AddedToken } from './tokenizer/added-tokens.js'
export type { PreTokenizer } from './tokenizer/pre-tokenizer.js'
export type { TokenStreamDecoder } from './tokenizer/stream-decoder.js'
export type { TokenizerJson } from './tokenizer/write-tokenizer-json.js'
export { TokenizerError, type TokenizerErrorCode } from './tokenizer/tokenizer-error.js'
