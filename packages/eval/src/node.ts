// @lemanic/eval/node: running studies, which needs files and processes.
export { describeEnvironment } from './runner/environment.js'
export { describeEstimate, describeSeconds, type Estimate } from './runner/estimate.js'
export type { StudyEvent } from './runner/events.js'
export { canonicalJson, fingerprint } from './runner/fingerprint.js'
export { parseShard, type PlannedRun, planRuns, type Shard } from './runner/plan-runs.js'
export { mergeRuns, runStudy, type RunStudyOptions } from './runner/run-study.js'
export type { Discarded } from './runner/run-store.js'
export { serveStudy } from './runner/serve-study.js'
