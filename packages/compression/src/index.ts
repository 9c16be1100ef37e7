export { payloadBytes, uncompressed, type Compressor, type Payload } from './compressor.js'
export { errorFeedback, type ErrorFeedbackStep } from './error-feedback.js'
export { largestIndices, topK } from './top-k.js'
