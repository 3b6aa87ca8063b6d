/* A pool of threads for loops whose turns do not depend on each other.

   In C, because Cython knows neither atomics nor thread-local variables. Included by
   tasks.pyx alone, so that a process has one pool.

   A loop is cut into pieces, and whoever has time takes the next one: the threads that
   wait here, and the caller. So a thread that the system has put aside delays nobody
   but the piece it holds. Which thread takes a piece changes no result: pool_run asks
   for loops that may be cut anywhere.

   How a loop goes through the pool:
     - The caller writes what is to be done to `job`, then sets `job.open`.
     - A thread that sees it open counts itself in (`job.inside`) and looks again. If it
       is still open, the job cannot change under it: the caller waits for `inside` to
       be 0 before it returns. So it takes pieces until none is left, and counts itself
       out.
     - `job.open` is the number of the job, or 0: so nobody begins the same one twice.
     - Threads spin for a job for SPIN_SECONDS, as the next loop of a training step is
       mostly near, and then sleep. `pool.asleep` tells the caller if it has to wake
       some.
     - To wake a thread takes tens of µs, more than a small loop is worth. So while the
       others sleep the first loops of a call are its caller's, until they have been so
       much work that there will be more of it.
     - A thread that is put aside in the middle of a piece keeps the caller waiting, and
       no one else can finish it. That happens where other programs keep the processors
       busy. So after such a wait the next loops are run by their callers alone, more of
       them each time: beside a busy program we are as fast as on one thread.

   One loop at a time: a second Python thread that comes meanwhile runs its loop alone.
   So does a child process after fork(), until it makes threads of its own. */

#ifndef MINIKERAS_POOL_H
#define MINIKERAS_POOL_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef void (*pool_part)(void *arguments, ptrdiff_t begin, ptrdiff_t end);

/* --- Memory that a thread keeps ------------------------------------------------------ */

#define SCRATCH_SLOTS 5
#define SCRATCH_ALIGNMENT 64

#if defined(_MSC_VER)
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL __thread
#endif

struct scratch {
    char *memory; /* as it came */
    char *aligned;
    size_t size;
};

static THREAD_LOCAL struct scratch scratch_slots[SCRATCH_SLOTS];
static void free_when_the_thread_ends(struct scratch *slots);

/* Returns at least `bytes` of this thread's memory. What was in the slot is lost if it
   had to grow. Without memory the process ends: there is nobody to tell. */
static void *pool_scratch(int slot, size_t bytes)
{
    if (scratch_slots[slot].size < bytes) {
        size_t size = bytes + bytes / 4;
        free(scratch_slots[slot].memory);
        char *memory = malloc(size + SCRATCH_ALIGNMENT);
        if (memory == NULL) {
            fprintf(stderr, "minikeras: no memory for %zu bytes of scratch\n", size);
            abort();
        }
        free_when_the_thread_ends(scratch_slots);
        size_t beyond = (size_t)memory % SCRATCH_ALIGNMENT;
        scratch_slots[slot].memory = memory;
        scratch_slots[slot].aligned = memory + (SCRATCH_ALIGNMENT - beyond);
        scratch_slots[slot].size = size;
    }
    return scratch_slots[slot].aligned;
}

/* --- Threads ------------------------------------------------------------------------- */

#if defined(__GNUC__) && (defined(__unix__) || defined(__APPLE__))
#define POOL_HAS_THREADS

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#define MOST_THREADS 64
#define PIECES_PER_THREAD 4 /* so that an even share is left if one is put aside */
#define SPIN_SECONDS 50e-6
#define SPINS_PER_LOOK 64 /* between two looks at the clock */
#define PATIENCE_SECONDS 100e-6
#define MOST_STRIKES 8

static struct {
    pthread_mutex_t lock; /* of what follows, and of the sleepers */
    pthread_cond_t awake;
    int threads;          /* that take part, the caller included */
    int started;          /* that were made; one less than `threads`, in the end */
    int asleep;
    int busy; /* 1 while a caller has the job */
    ptrdiff_t worth_waking; /* grains of work, of some 10 µs each */
    /* The caller that is busy has these to itself. */
    int strikes; /* waits for a thread that was put aside, of late */
    int resting; /* loops to be run alone for that */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .awake = PTHREAD_COND_INITIALIZER,
          .threads = 1, .worth_waking = 12};

static struct {
    pool_part part;
    void *arguments;
    ptrdiff_t units;
    ptrdiff_t piece; /* units of one piece */
    ptrdiff_t next;  /* the first unit that nobody has taken */
    int helpers;     /* threads that may still join */
    int inside;
    unsigned open;
    unsigned number;
} job;

/* Grains of work that the call at hand has had so far. */
static THREAD_LOCAL ptrdiff_t grains_so_far;

static THREAD_LOCAL int inside_a_part; /* a loop within a loop is run by its thread */

#define LOAD(place) __atomic_load_n(&(place), __ATOMIC_SEQ_CST)
#define STORE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_SEQ_CST)
#define ADD(place, value) __atomic_fetch_add(&(place), (value), __ATOMIC_SEQ_CST)

static inline void pool_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static double pool_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

static void take_pieces(void)
{
    inside_a_part = 1;
    for (;;) {
        ptrdiff_t begin = ADD(job.next, job.piece);
        if (begin >= job.units)
            break;
        ptrdiff_t end = begin + job.piece;
        job.part(job.arguments, begin, end < job.units ? end : job.units);
    }
    inside_a_part = 0;
}

/* Whether a job is open that is not the one that this thread did last. */
static inline int has_job(unsigned last)
{
    unsigned open = LOAD(job.open);
    return open != 0 && open != last;
}

/* Spins until there is a job; sleeps when that takes long. */
static void wait_for_a_job(unsigned last)
{
    double start = pool_clock();
    for (;;) {
        for (int i = 0; i < SPINS_PER_LOOK; i++) {
            if (has_job(last))
                return;
            pool_pause();
        }
        if (pool_clock() - start > SPIN_SECONDS)
            break;
    }
    pthread_mutex_lock(&pool.lock);
    ADD(pool.asleep, 1); /* before the last look: the caller opens, then looks here */
    while (!has_job(last))
        pthread_cond_wait(&pool.awake, &pool.lock);
    ADD(pool.asleep, -1);
    pthread_mutex_unlock(&pool.lock);
}

static void *serve(void *unused)
{
    unsigned last = 0;
    (void)unused;
    for (;;) {
        wait_for_a_job(last);
        ADD(job.inside, 1);
        last = LOAD(job.open);
        if (last != 0 && ADD(job.helpers, -1) > 0)
            take_pieces();
        ADD(job.inside, -1);
    }
    return NULL;
}

/* Makes threads until there are enough; with the pool busy, so by one caller at once.

   They take no signals, as they take over the caller's mask: Ctrl-C must interrupt what
   Python waits for. */
static void start_threads(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (pool.started < pool.threads - 1) {
        if (pthread_create(&thread, &attributes, serve, NULL) != 0)
            break; /* then there are fewer */
        pool.started++;
    }
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* In the child of a fork() there are no threads, whatever the parent was doing. */
static void forget_threads(void)
{
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.awake, NULL);
    pool.started = pool.asleep = pool.busy = 0;
    job.open = job.inside = 0;
    inside_a_part = 0;
}

static pthread_key_t scratch_key;

static void free_scratch(void *slots)
{
    for (int slot = 0; slot < SCRATCH_SLOTS; slot++)
        free(((struct scratch *)slots)[slot].memory);
}

static void free_when_the_thread_ends(struct scratch *slots)
{
    pthread_setspecific(scratch_key, slots);
}

static void pool_prepare(void)
{
    pthread_key_create(&scratch_key, free_scratch);
    pthread_atfork(NULL, NULL, forget_threads);
}

static int pool_threads(void)
{
    return LOAD(pool.threads);
}

static void pool_set_threads(int threads)
{
    STORE(pool.threads,
          threads < 1 ? 1 : (threads > MOST_THREADS ? MOST_THREADS : threads));
}

static void pool_set_worth_waking(ptrdiff_t grains)
{
    STORE(pool.worth_waking, grains);
}

/* Decides how many of the next loops are run alone, by how long the caller worked and
   then waited in this one. Whoever is free takes the next piece, so all finish at about
   the same time; to wait twice as long as to work means that somebody was put aside. */
static void count_strikes(double worked, double waited)
{
    if (waited > 2 * worked && waited > PATIENCE_SECONDS) {
        if (pool.strikes < MOST_STRIKES)
            pool.strikes++;
        pool.resting = 1 << pool.strikes;
    } else if (pool.strikes > 0) {
        pool.strikes--;
    }
}

/* Is told that a call begins, of which all loops up to the next call are parts. */
static void pool_begin(void)
{
    grains_so_far = 0;
}

/* Decides whether it is worth it to wake the others for a loop of so many grains. */
static int is_worth_waking(ptrdiff_t grains)
{
    grains_so_far += grains;
    return grains_so_far >= LOAD(pool.worth_waking);
}

/* Does units 0 to `units` - 1, on several threads if there are at least two `grain`. */
static void pool_run(pool_part part, void *arguments, ptrdiff_t units, ptrdiff_t grain)
{
    int threads = LOAD(pool.threads), idle = 0;
    if (units <= 0)
        return;
    if (threads > units / grain)
        threads = (int)(units / grain);
    if (threads < 2 || inside_a_part
        || !__atomic_compare_exchange_n(&pool.busy, &idle, 1, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
        part(arguments, 0, units);
        return;
    }
    if (pool.resting > 0) {
        pool.resting--;
        STORE(pool.busy, 0);
        part(arguments, 0, units);
        return;
    }
    if (pool.started < threads - 1)
        start_threads();
    int wakes = LOAD(pool.asleep) && is_worth_waking(units / grain);
    if (!wakes && LOAD(pool.asleep) == pool.started) {
        part(arguments, 0, units);
        STORE(pool.busy, 0);
        return;
    }
    double start = pool_clock();
    ptrdiff_t pieces = (ptrdiff_t)threads * PIECES_PER_THREAD;
    ptrdiff_t piece = (units + pieces - 1) / pieces;
    job.part = part;
    job.arguments = arguments;
    job.units = units;
    job.piece = piece < grain ? grain : piece;
    job.next = 0;
    STORE(job.helpers, threads - 1);
    job.number += job.number == UINT_MAX ? 2 : 1; /* never 0 */
    STORE(job.open, job.number);
    if (wakes) {
        pthread_mutex_lock(&pool.lock);
        pthread_cond_broadcast(&pool.awake);
        pthread_mutex_unlock(&pool.lock);
    }
    take_pieces();
    STORE(job.open, 0);
    double finished = pool_clock();
    for (int spins = 0; LOAD(job.inside); spins++) {
        pool_pause();
        if (spins > 20000) /* someone was put aside with a piece: let it run */
            sched_yield();
    }
    count_strikes(finished - start, pool_clock() - finished);
    STORE(pool.busy, 0);
}

#else /* one thread: slower, and as right */

static void free_when_the_thread_ends(struct scratch *slots)
{
    (void)slots; /* there is no such moment to hook into */
}

static void pool_prepare(void)
{
}

static int pool_threads(void)
{
    return 1;
}

static void pool_set_threads(int threads)
{
    (void)threads;
}

static void pool_set_worth_waking(ptrdiff_t grains)
{
    (void)grains;
}

static void pool_begin(void)
{
}

static void pool_run(pool_part part, void *arguments, ptrdiff_t units, ptrdiff_t grain)
{
    (void)grain;
    if (units > 0)
        part(arguments, 0, units);
}

#endif
#endif
