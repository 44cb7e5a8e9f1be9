/* Starts ClickHouse out of libchdb, in this process: launch-node LIBRARY ARGUMENT… */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
#ifdef __linux__
    /* a node never outlives the test that started it */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    void *library = dlopen(argv[1], RTLD_NOW);
    void *(*start)(int, char **) = library ? (void *(*)(int, char **))dlsym(library, "query_stable_v2") : NULL;
    if (!start) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    argv[1] = "clickhouse";
    start(argc - 1, argv + 1);
    return 0;
}
