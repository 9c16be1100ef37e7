import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { attention, createBackend } from '@lemanic/tensor-core'
import { forTfjs } from '@lemanic/tensor-core/tfjs'

async function main() {
  await createBackend()
  const attend = forTfjs(tf, (q, k, v) => attention(q, k, v, { causal: true }))
  const [q, k, v] = [0, 1, 2].map((i) => tf.fill([1, 4, 2, 8], i)) // [batch, time, heads, width]
  console.log(attend(q!, k!, v!).dataSync()[0]) // → 2
  const gradient = tf.grad((x) => attend(q!, k!, x))(v!, tf.onesLike(v!))
  console.log(gradient.shape.join(), gradient.dataSync()[0]!.toFixed(3)) // → 1,4,2,8 2.083
}
void main()
