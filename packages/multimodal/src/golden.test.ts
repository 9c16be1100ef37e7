import { readFileSync } from 'node:fs'
import {
  loadBackend,
  type Params,
  scope,
  setDefaultBackend,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  binaryTask,
  createMultiModN,
  type EncoderFactory,
  fusionLoss,
  imageEncoder,
  multiClassTask,
  multiLabelTask,
  perceptronDecoder,
  perceptronEncoder,
  recurrentEncoder,
  regressionTask,
  scoreTask,
  seriesEncoder,
  survivalTask,
  transformerEncoder,
} from './index.js'
import { distance, fromListed, type Listed, paramsFromListed } from './test-support.js'

// Written by tools/parity/multimodal-golden.py, in double precision.
const golden = JSON.parse(readFileSync(new URL('./fixtures/golden.json', import.meta.url), 'utf8')) as {
  sequential: {
    inputs: Record<string, Listed>
    present: Record<string, number[]>
    sick: number[]
    sickKnown: number[]
    sickWeights: number[]
    grade: number[]
    parameters: Record<string, Record<string, Listed>>
    runs: {
      skip: 'sample' | 'batch'
      update: 'overwrite' | 'residual'
      denominator: 'rows' | 'reference'
      head: 'logit' | 'reference'
      order: string[]
      weighted: boolean
      loss: number
      grade: Listed
      gradients: Record<string, Listed>
    }[]
  }
  losses: {
    outputs: Listed
    survival: { moments: number[]; events: number[]; losses: number[]; alive: number[] }
    multiLabel: { labels: Listed; losses: Listed }
    regression: { targets: number[]; losses: number[]; fixed: number[]; deviation: number[] }
  }
  encoders: Record<string, { params: Record<string, Listed>; input: Listed; state: Listed; output: Listed }>
  metrics: {
    scores: number[]
    labels: number[]
    binary: Record<string, number>
    logits: number[][]
    classes: number[]
    multiClass: Record<string, number>
    regression: { predicted: number[]; actual: number[]; rmse: number; mae: number; r2: number }
  }
}
beforeAll(async () => setDefaultBackend(await loadBackend('cpu')))

const column = (values: readonly number[]): Tensor => tensor(Float32Array.from(values), [values.length, 1])

describe('MultiModN', () => {
  const { inputs, present, sick, sickKnown, sickWeights, grade, parameters, runs } = golden.sequential
  test.each(
    runs.map(
      (run) =>
        [
          `${run.skip} ${run.update} ${run.denominator} ${run.head} ${run.order.join('')} ${run.weighted ? 'weighted' : ''}`,
          run,
        ] as const,
    ),
  )('outputs, loss and every gradient as in PyTorch: %s', (_, run) => {
    const model = createMultiModN({
      stateSize: 4,
      encoders: Object.fromEntries(
        Object.entries(inputs).map(([name, { shape }]) => [name, perceptronEncoder({ inputs: shape[1], hidden: [6] })]),
      ),
      decoders: {
        sick: perceptronDecoder(binaryTask({ head: run.head === 'logit' ? 'logit' : 'sigmoid-cross-entropy' })),
        grade: perceptronDecoder(multiClassTask({ classes: 3 })),
      },
      update: run.update,
      skip: run.skip,
    })
    const batch = {
      inputs: paramsFromListed(inputs),
      present: Object.fromEntries(Object.entries(present).map(([name, values]) => [name, column(values)])),
      targets: { sick: column(sick), grade: column(grade) },
      known: { sick: column(sickKnown), grade: column(grade.map(() => 1)) },
      ...(run.weighted ? { weights: { sick: column(sickWeights) } } : {}),
      order: run.order,
    }
    const loss = fusionLoss(model, { errorWeight: 0.7, stateChangeWeight: 0.3, denominator: run.denominator })
    const found = valueAndGrad((params: Params) => loss(model.apply(params, batch), batch))(
      paramsFromListed(parameters[run.head]),
    )
    expect(found.loss.item()).toBeCloseTo(run.loss, 5)
    expect(Object.keys(found.grads).sort()).toEqual(Object.keys(run.gradients).sort())
    for (const [name, gradient] of Object.entries(run.gradients)) {
      expect([name, distance(found.grads[name].dataSync(), gradient.values)]).toEqual([
        name,
        expect.toSatisfy((d: number) => d < 2e-6),
      ])
    }
    const rows = model.apply(paramsFromListed(parameters[run.head]), batch).rows
    const values = rows.flatMap(({ outputs }) => Array.from(outputs.grade.dataSync()))
    expect(distance(values, run.grade.values)).toBeLessThan(2e-6)
  })
})

describe('losses', () => {
  const { outputs, survival, multiLabel, regression } = golden.losses
  const z = () => fromListed(outputs)

  test('survival: the negative log-likelihood of hazards, with censoring', () => {
    const task = survivalTask({ intervals: 4 })
    const target = tensor(
      Float32Array.from(survival.moments.flatMap((moment, at) => [moment, survival.events[at]])),
      [6, 2],
    )
    expect(distance(task.loss(z(), target).dataSync(), survival.losses)).toBeLessThan(1e-6)
    expect(distance(task.estimate(outputs.values.slice(0, 4)).values, survival.alive)).toBeLessThan(1e-6)
  })
  test('multi-label', () => {
    const losses = multiLabelTask({ labels: 4 }).loss(z(), fromListed(multiLabel.labels))
    expect(distance(losses.dataSync(), multiLabel.losses.values)).toBeLessThan(1e-6)
  })
  test('regression with learned and with fixed noise', () => {
    const own = Float32Array.from({ length: 12 }, (_, at) => outputs.values[Math.floor(at / 2) * 4 + (at % 2)])
    const y = column(regression.targets)
    expect(
      distance(
        regressionTask()
          .loss(tensor(own, [6, 2]), y)
          .dataSync(),
        regression.losses,
      ),
    ).toBeLessThan(1e-6)
    const means = tensor(
      own.filter((_, at) => at % 2 === 0),
      [6, 1],
    )
    expect(distance(regressionTask({ noise: 'fixed' }).loss(means, y).dataSync(), regression.fixed)).toBeLessThan(1e-6)
    expect(regressionTask().estimate(own).uncertainty).toBeCloseTo(regression.deviation[0], 6)
  })
  test('the reference head cannot fall below log(1 + 1/e)', () => {
    const task = binaryTask({ head: 'sigmoid-cross-entropy' })
    expect(task.loss(tensor([[-50, 50]]), tensor([[1]])).item()).toBeCloseTo(Math.log(1 + Math.exp(-1)), 6)
  })
})

describe('encoders', () => {
  const makers: Record<string, EncoderFactory> = {
    gru: recurrentEncoder({ features: 3, cell: 'gru', hidden: 6, layers: 2, bidirectional: true }),
    lstm: recurrentEncoder({ features: 3, cell: 'lstm', hidden: 6, layers: 2, bidirectional: true }),
    image: imageEncoder({ height: 8, width: 6, filters: [3], hidden: 5 }),
    series: seriesEncoder({ features: 3, filters: [4] }),
    transformer: transformerEncoder({ time: 5, features: 3, width: 8, heads: 2 }),
  }
  test.each(Object.entries(golden.encoders))('%s as in PyTorch', (name, { params, input, state, output }) => {
    const encoder = makers[name]({ stateSize: 4, outputSize: 4 })
    const shapes = Object.fromEntries(Object.entries(params).map(([own, { shape }]) => [own, shape]))
    expect(Object.fromEntries(Object.entries(encoder.parameters).map(([own, { shape }]) => [own, shape]))).toEqual(
      shapes,
    )
    const found = scope(() => encoder.encode(paramsFromListed(params), fromListed(state), fromListed(input)))
    expect(distance(found.dataSync(), output.values)).toBeLessThan(5e-6)
  })
})

describe('metrics as in scikit-learn', () => {
  const { scores, labels, binary, logits, classes, multiClass, regression } = golden.metrics
  const ones = (count: number) => new Uint8Array(count).fill(1)
  test('binary', () => {
    const task = binaryTask()
    const found = scoreTask(
      task,
      scores.map((score) => task.estimate([score])),
      labels,
      ones(labels.length),
    )
    for (const [name, value] of Object.entries(binary))
      expect([name, found[name]]).toEqual([name, expect.closeTo(value, 9)])
  })
  test('multi-class', () => {
    const task = multiClassTask({ classes: 3 })
    const found = scoreTask(
      task,
      logits.map((row) => task.estimate(row)),
      classes,
      ones(classes.length),
    )
    for (const [name, value] of Object.entries(multiClass))
      expect([name, found[name]]).toEqual([name, expect.closeTo(value, 9)])
  })
  test('regression', () => {
    const task = regressionTask({ noise: 'fixed' })
    const { predicted, actual, ...expected } = regression
    const found = scoreTask(
      task,
      predicted.map((value) => task.estimate([value])),
      actual,
      ones(actual.length),
    )
    for (const [name, value] of Object.entries(expected))
      expect([name, found[name]]).toEqual([name, expect.closeTo(value, 9)])
  })
})
