/*
 * Kills its process in the middle of a write: preloaded (LD_PRELOAD), it counts the bytes that the process writes to files below CUT_FOLDER
 * whose path holds CUT_PART. The write that reaches CUT_AFTER_BYTES is done up to that byte only, then the process dies of SIGKILL. CUT_SAY
 * names a file that is told which file was cut.
 *
 * With CUT_POWER (a seed) it dies as when the power fails: what was added to any file below CUT_FOLDER and not flushed (fsync, fdatasync, O_DSYNC)
 * is lost from a random byte on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static atomic_llong left = 1LL << 62;
static const char *folder, *part = "";
static size_t folder_length;

/* Files that hold bytes which were not flushed, through descriptors of our own: they may be closed, renamed or removed meanwhile. */
struct dirty {
    dev_t device;
    ino_t inode;
    int fd;
    off_t flushed;
};
enum { MOST_DIRTY = 8192 };
static struct dirty dirty[MOST_DIRTY];
static size_t dirty_count, next_forgotten;
static pthread_mutex_t dirty_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long long power;

__attribute__((constructor)) static void prepare(void)
{
    const char *bytes = getenv("CUT_AFTER_BYTES");
    folder = getenv("CUT_FOLDER");
    if (bytes == NULL || folder == NULL)
        return;
    if (getenv("CUT_PART") != NULL)
        part = getenv("CUT_PART");
    if (getenv("CUT_POWER") != NULL)
        power = strtoull(getenv("CUT_POWER"), NULL, 10) * 2 + 1;
    folder_length = strlen(folder);
    atomic_store(&left, atoll(bytes));
}

static int path_of(int fd, char *path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return 1;
}

/* The index of a file's entry, or dirty_count. */
static size_t find_dirty(const struct stat *file)
{
    size_t i = 0;
    while (i < dirty_count && (dirty[i].inode != file->st_ino || dirty[i].device != file->st_dev))
        i++;
    return i;
}

/* Before a write: what the file holds now is flushed if nothing else is known. */
static void note_dirty(int fd)
{
    struct stat file;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) || (fcntl(fd, F_GETFL) & O_DSYNC))
        return;
    pthread_mutex_lock(&dirty_lock);
    size_t i = find_dirty(&file);
    if (i == dirty_count) {
        if (dirty_count == MOST_DIRTY) {
            /* the one that waits longest has been written by the system meanwhile */
            i = next_forgotten++ % MOST_DIRTY;
            close(dirty[i].fd);
        } else {
            dirty_count++;
        }
        dirty[i] = (struct dirty){file.st_dev, file.st_ino, fcntl(fd, F_DUPFD_CLOEXEC, 3), file.st_size};
    }
    pthread_mutex_unlock(&dirty_lock);
}

static void note_flushed(const struct stat *before)
{
    pthread_mutex_lock(&dirty_lock);
    size_t i = find_dirty(before);
    if (i < dirty_count) {
        close(dirty[i].fd);
        dirty[i] = dirty[--dirty_count];
    }
    pthread_mutex_unlock(&dirty_lock);
}

/* What a disk without power has of the files. */
static void lose_unflushed(void)
{
    pthread_mutex_lock(&dirty_lock);
    for (size_t i = 0; i < dirty_count; i++) {
        struct stat file;
        if (fstat(dirty[i].fd, &file) != 0 || file.st_size <= dirty[i].flushed)
            continue;
        power = power * 6364136223846793005ULL + 1442695040888963407ULL;
        unsigned long long chance = power >> 33;
        off_t lost = file.st_size - dirty[i].flushed;
        /* nothing of it, all of it, or a part */
        off_t kept = chance % 3 == 0 ? 0 : chance % 3 == 1 ? lost : (off_t)(chance / 3 % (unsigned long long)lost);
        if (ftruncate(dirty[i].fd, dirty[i].flushed + kept) != 0)
            continue;
    }
}

/* How many of `count` bytes may be written: all, or fewer, after which the process has to die. */
static size_t allowed(int fd, size_t count)
{
    char path[4096];
    if (folder_length == 0 || !path_of(fd, path, sizeof path) || strncmp(path, folder, folder_length) != 0)
        return count;
    if (power != 0)
        note_dirty(fd);
    if (strstr(path, part) == NULL)
        return count;
    long long before = atomic_fetch_sub(&left, (long long)count);
    if (before >= (long long)count)
        return count;
    return before > 0 ? (size_t)before : 0;
}

static void die(int fd, size_t count, size_t written)
{
    char path[4096] = "?";
    path_of(fd, path, sizeof path);
    const char *say = getenv("CUT_SAY");
    if (say != NULL) {
        FILE *file = fopen(say, "a");
        if (file != NULL) {
            fprintf(file, "%s: %zu of %zu bytes\n", path, written, count);
            fclose(file);
        }
    }
    if (power != 0)
        lose_unflushed();
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    REAL(write);
    size_t may = allowed(fd, count);
    if (may == count)
        return real(fd, bytes, count);
    if (may > 0)
        real(fd, bytes, may);
    die(fd, count, may);
    return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    REAL(pwrite);
    size_t may = allowed(fd, count);
    if (may == count)
        return real(fd, bytes, count, offset);
    if (may > 0)
        real(fd, bytes, may, offset);
    die(fd, count, may);
    return -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    REAL(pwrite64);
    size_t may = allowed(fd, count);
    if (may == count)
        return real(fd, bytes, count, offset);
    if (may > 0)
        real(fd, bytes, may, offset);
    die(fd, count, may);
    return -1;
}

static size_t total(const struct iovec *parts, int count)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += parts[i].iov_len;
    return bytes;
}

/* The first `bytes` of the parts, one after the other. */
static void write_some(int fd, const struct iovec *parts, size_t bytes, off_t offset, int has_offset)
{
    static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
    static ssize_t (*real_write)(int, const void *, size_t);
    real_pwrite = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    for (int i = 0; bytes > 0; i++) {
        size_t part = parts[i].iov_len < bytes ? parts[i].iov_len : bytes;
        if (has_offset)
            real_pwrite(fd, parts[i].iov_base, part, offset);
        else
            real_write(fd, parts[i].iov_base, part);
        offset += (off_t)part;
        bytes -= part;
    }
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev);
    size_t bytes = total(parts, count), may = allowed(fd, bytes);
    if (may == bytes)
        return real(fd, parts, count);
    write_some(fd, parts, may, 0, 0);
    die(fd, bytes, may);
    return -1;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    REAL(pwritev);
    size_t bytes = total(parts, count), may = allowed(fd, bytes);
    if (may == bytes)
        return real(fd, parts, count, offset);
    write_some(fd, parts, may, offset, 1);
    die(fd, bytes, may);
    return -1;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
    REAL(pwritev64);
    size_t bytes = total(parts, count), may = allowed(fd, bytes);
    if (may == bytes)
        return real(fd, parts, count, offset);
    write_some(fd, parts, may, offset, 1);
    die(fd, bytes, may);
    return -1;
}

int fsync(int fd)
{
    REAL(fsync);
    struct stat before;
    int known = power != 0 && fstat(fd, &before) == 0;
    int result = real(fd);
    if (known && result == 0)
        note_flushed(&before);
    return result;
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    struct stat before;
    int known = power != 0 && fstat(fd, &before) == 0;
    int result = real(fd);
    if (known && result == 0)
        note_flushed(&before);
    return result;
}
