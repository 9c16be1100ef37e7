import { describeSeconds, type StudyEvent } from '@lemanic/eval/node'
import { MultiBar, type SingleBar } from 'cli-progress'
import type { Terminal } from './terminal.js'

/** Tells a person how a study goes: bars on a terminal, one line a finished run elsewhere. */
export interface StudyProgress {
  readonly handle: (event: StudyEvent) => void
  /** Clears what was drawn; called once, also after an error. */
  readonly stop: () => void
}

/** Beyond this the user is told how to make a study shorter or stop it. */
const longSeconds = 15 * 60

/** `titles` gives each arm's title, `optional` the titles of those that `--minutes` may leave out. */
export function studyProgress(
  terminal: Terminal,
  titles: Readonly<Record<string, string>>,
  optional: readonly string[] = [],
): StudyProgress {
  const width = Math.max(0, ...Object.values(titles).map((title) => title.length))
  const titleOf = (arm: string) => (titles[arm] ?? arm).padEnd(width)
  const bars = terminal.interactive ? drawnBars(terminal, titleOf) : undefined
  const say = (line: string) => (bars ? bars.log(line) : terminal.say(line))

  const superseded: string[] = []
  const handle = (event: StudyEvent): void => {
    if (event.type !== 'run-discarded' && superseded.length > 0) {
      const [first] = superseded
        .splice(0)
        .map((detail, _index, all) => (all.length === 1 ? detail : `${detail} (and ${all.length - 1} more like it)`))
      say(terminal.color.yellow(`not used: ${first}`))
    }
    switch (event.type) {
      case 'run-discarded':
        // A change of the sources discards many runs at once, for one reason.
        if (event.reason === 'torn') say(terminal.color.yellow(`not used: ${event.detail}`))
        else superseded.push(event.detail)
        break
      case 'probe-start':
        say(`Measuring the speed of ${event.arms.length} ${event.arms.length === 1 ? 'arm' : 'arms'} …`)
        break
      case 'probe-end':
        say(`  ${titleOf(event.arm)}  ${describeSeconds(event.seconds)} a run`)
        break
      case 'arm-dropped':
        say(terminal.color.yellow(`left out: ${titles[event.arm] ?? event.arm}: ${event.reason}`))
        break
      case 'study-start':
        say('')
        say(terminal.color.bold(event.announcement))
        if ((event.estimate?.seconds ?? 0) > longSeconds) {
          const shorter =
            optional.length === 0
              ? ''
              : ` --minutes N leaves out ${optional.map((title) => `"${title}"`).join(', ')} until the rest fits.`
          say(`Ctrl-C keeps what is done, and the same command goes on from there.${shorter}`)
        }
        bars?.begin(event.pending)
        break
      case 'run-start':
        bars?.start(event.index, event.arm, event.seed)
        break
      case 'run-progress':
        bars?.update(event.index, event.fraction, event.message ?? '')
        break
      case 'run-end': {
        bars?.end(event.index, event.completed)
        const left =
          event.remainingSeconds === undefined ? '' : `, about ${describeSeconds(event.remainingSeconds)} left`
        const count = `${event.completed}/${event.total}`
        if (event.status === 'failed') {
          say(terminal.color.red(`${count}  ${titleOf(event.arm)}  seed ${event.seed}  failed: ${event.error}`))
        } else if (!bars) {
          say(
            `${count}  ${titleOf(event.arm)}  seed ${event.seed}  ${describeMetrics(event.metrics)}  ${describeSeconds(event.seconds)}${left}`,
          )
        }
        break
      }
      case 'study-end':
        bars?.stop()
        break
    }
  }
  return { handle, stop: () => bars?.stop() }
}

/** The first metric of a run, which a study puts first because it is the one that its claims rest on. */
function describeMetrics(metrics: Readonly<Record<string, number>>): string {
  const [first] = Object.entries(metrics)
  return first === undefined ? '' : `${first[0]} ${first[1].toFixed(4)}`
}

function drawnBars(terminal: Terminal, titleOf: (arm: string) => string) {
  const bars = new MultiBar({
    stream: terminal.progress as NodeJS.WriteStream,
    clearOnComplete: true,
    hideCursor: true,
    // The command line has its own way to stop on Ctrl-C.
    gracefulExit: false,
    forceRedraw: true,
    format: ' {bar} {percentage}%  {name}  {note}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  })
  const running = new Map<number, SingleBar>()
  let all: SingleBar | undefined
  let started = performance.now()
  let stopped = false
  return {
    begin(total: number) {
      started = performance.now()
      if (total > 0) all = bars.create(total, 0, { name: 'all runs'.padEnd(titleOf('').length), note: '' })
    },
    start(index: number, arm: string, seed: number) {
      running.set(index, bars.create(1, 0, { name: titleOf(arm), note: `seed ${seed}` }))
    },
    update(index: number, fraction: number, note: string) {
      running.get(index)?.update(fraction, note === '' ? {} : { note })
    },
    end(index: number, completed: number) {
      const bar = running.get(index)
      if (bar) bars.remove(bar)
      running.delete(index)
      const seconds = (performance.now() - started) / 1000
      const left = all ? (seconds / completed) * (all.getTotal() - completed) : 0
      all?.update(completed, { note: `${completed}/${all.getTotal()}, about ${describeSeconds(left)} left` })
    },
    log(line: string) {
      if (stopped || all === undefined) terminal.say(line)
      else bars.log(`${line}\n`)
    },
    stop() {
      stopped = true
      bars.stop()
    },
  }
}
