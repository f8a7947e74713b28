/* Splitting methods by hand: one trajectory with its state in registers, and many in blocks that stay in the first
   level of cache, structure of arrays, so that the inner loop over a block becomes vector instructions.

   Compiled with -DKEPLER or -DHENON_HEILES and with either -DVERLET or -DBLANES_MOAN. The state is x, y, u, v, each of
   `batch` numbers one after the other; it is overwritten. `batch` is 1 or a multiple of BLOCK. */
#include <math.h>
#include <string.h>

#define BLOCK 64

static inline void kick(double h, double x, double y, double *u, double *v) {
#ifdef KEPLER
  double squared = x * x + y * y;
  double factor = h / (squared * sqrt(squared));
  *u -= factor * x;
  *v -= factor * y;
#else
  *u -= h * (x + 2 * x * y);
  *v -= h * (y + x * x - y * y);
#endif
}

static inline void drift(double h, double *x, double *y, double u, double v) {
  *x += h * u;
  *y += h * v;
}

#define KICK(h) for (long i = 0; i < n; i++) kick(h, x[i], y[i], u + i, v + i)
#define DRIFT(h) for (long i = 0; i < n; i++) drift(h, x + i, y + i, u[i], v[i])
#define DRIFT_KICK(h, g) \
  for (long i = 0; i < n; i++) { drift(h, x + i, y + i, u[i], v[i]); kick(g, x[i], y[i], u + i, v + i); }

/* The last part of a step is merged with the first one of the next. */
static inline __attribute__((always_inline)) void steps_of(long n, long steps, double h, double *restrict x,
                                                           double *restrict y, double *restrict u,
                                                           double *restrict v) {
#ifdef VERLET
  KICK(0.5 * h);
  for (long k = 0; k < steps; k++) DRIFT_KICK(h, h);
  KICK(-0.5 * h);
#else
  const double a1 = 0.0792036964311957, a2 = 0.353172906049774, a3 = -0.0420650803577195, a4 = 1 - 2 * (a1 + a2 + a3);
  const double b1 = 0.209515106613362, b2 = -0.143851773179818, b3 = 0.5 - (b1 + b2);
  DRIFT(a1 * h);
  for (long k = 0; k < steps; k++)
    for (long i = 0; i < n; i++) {
      double q = x[i], r = y[i], s = u[i], w = v[i];
      kick(b1 * h, q, r, &s, &w);
      drift(a2 * h, &q, &r, s, w);
      kick(b2 * h, q, r, &s, &w);
      drift(a3 * h, &q, &r, s, w);
      kick(b3 * h, q, r, &s, &w);
      drift(a4 * h, &q, &r, s, w);
      kick(b3 * h, q, r, &s, &w);
      drift(a3 * h, &q, &r, s, w);
      kick(b2 * h, q, r, &s, &w);
      drift(a2 * h, &q, &r, s, w);
      kick(b1 * h, q, r, &s, &w);
      drift(2 * a1 * h, &q, &r, s, w);
      x[i] = q, y[i] = r, u[i] = s, v[i] = w;
    }
  DRIFT(-a1 * h);
#endif
}

void run(double *state, long batch, long steps, double h) {
  if (batch == 1) {
    double x = state[0], y = state[1], u = state[2], v = state[3];
    steps_of(1, steps, h, &x, &y, &u, &v);
    state[0] = x, state[1] = y, state[2] = u, state[3] = v;
    return;
  }
  for (long first = 0; first < batch; first += BLOCK) {
    double block[4][BLOCK];
    for (int i = 0; i < 4; i++) memcpy(block[i], state + i * batch + first, sizeof block[i]);
    steps_of(BLOCK, steps, h, block[0], block[1], block[2], block[3]);
    for (int i = 0; i < 4; i++) memcpy(state + i * batch + first, block[i], sizeof block[i]);
  }
}
