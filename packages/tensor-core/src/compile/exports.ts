export { compile, type CompiledStep, type CompileOptions, type CompileReport } from './compile.js'
export { isCompiling } from './session.js'
export { dynamic, DynamicNumber, mapScalar, type Scalar } from './dynamic-number.js'
