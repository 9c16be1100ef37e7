import { serveStudy } from '@lemanic/eval/node'
import { parseSettings } from './settings.js'
import { createStudy } from './study.js'

// The module of the worker processes: the study that the command line prepared, without its data cards and figures.
serveStudy(createStudy(parseSettings(process.env.LEMANIC_STUDY_SETTINGS)), { clock: () => performance.now() })
