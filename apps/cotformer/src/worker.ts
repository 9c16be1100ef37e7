import { serveStudy } from '@lemanic/eval/node'
import { createStudy } from './study.js'
import { parseSettings } from './settings.js'

// The module of the worker processes: the study that the command line prepared, without its data cards, which only the
// report needs.
serveStudy(createStudy(parseSettings(process.env.LEMANIC_STUDY_SETTINGS), []), { clock: () => performance.now() })
