import { parseHTML } from 'linkedom'
import { expect, test } from 'vitest'
import { figureSchema } from '../figures/figure.js'
import { figureHtml } from './figure-html.js'

const figure = figureSchema.parse({
  kind: 'trajectories',
  id: 'one',
  title: 'Pick',
  modalities: ['person', 'blood'],
  tasks: ['ill </script><b>'],
  samples: [
    {
      name: 'first',
      given: [
        { modality: 0, value: '50 years' },
        { modality: 1, value: 'crp <3' },
      ],
      outcomes: [true],
      predictions: { '': [0.5], 0: [0.6], 1: [0.8], '01': [0.9], 10: [0.88] },
    },
  ],
})

test('reads without a script: the first sample in the order of its modalities', () => {
  const { document } = parseHTML(`<!doctype html><html><body>${figureHtml(figure, () => 0).text}</body></html>`)
  const rows = [...document.querySelectorAll('tbody tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent!.trim().replace(/\s+/g, ' ')),
  )
  expect(rows).toEqual([
    ['0 · nothing', '', '50.0 %', ''],
    ['1 · person', '50 years', '60.0 %', '+0.41'],
    ['2 · blood', 'crp <3', '90.0 %', '+1.79'],
  ])
})

test('data cannot end their script element', () => {
  const text = figureHtml(figure, () => 0).text
  const [data] = /<script type="application\/json">([\s\S]*?)<\/script>/.exec(text)!.slice(1) as [string]
  expect(JSON.parse(data)).toMatchObject({
    tasks: ['ill </script><b>'],
    samples: figure.kind === 'trajectories' ? figure.samples : [],
  })
})
