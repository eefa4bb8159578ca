/*
 * delay.c -- a cable between two network interfaces that holds each frame for a
 * time, for tests of several hosts. Not every kernel has tc's netem.
 *
 *   build/delay FIRST SECOND MILLISECONDS
 *
 * Frames that come in at one interface go out at the other, in order, so many
 * milliseconds later: the round trip takes twice as long. Frames beyond 64 MB
 * in one direction are dropped, as a full switch drops them. Runs until a
 * signal ends it; needs root (CAP_NET_RAW) and Linux 4.20.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { QUEUE_BYTES = 64 << 20 };

typedef struct frame {
    struct frame *next;
    struct timespec due;
    size_t size;
    char bytes[]; /* a virtio_net_hdr, then the frame */
} frame;

/* One direction: frames between in and out. */
typedef struct direction {
    int in, out;
    frame *first, **end;
    size_t bytes;
} direction;

static void fail(const char *what)
{
    fprintf(stderr, "delay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void set(int fd, int level, int option, const void *value, size_t size)
{
    if (setsockopt(fd, level, option, value, (socklen_t)size) != 0)
        fail("setsockopt");
}

/* Opens an interface for whole frames. The virtio_net_hdr before each keeps
   what the sender leaves to hardware, which a veth has not: the checksum, and
   the cut into segments. */
static int open_interface(const char *name)
{
    unsigned index = if_nametoindex(name);
    if (index == 0)
        fail(name);
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0)
        fail(name);
    const int on = 1, buffer = 16 << 20;
    struct packet_mreq all = {.mr_ifindex = (int)index,
                              .mr_type = PACKET_MR_PROMISC};
    set(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on);
    set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    set(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
    set(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = (int)index};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(name);
    return fd;
}

static struct timespec now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t;
}

static struct timespec later(struct timespec t, long long nanoseconds)
{
    nanoseconds += t.tv_nsec;
    t.tv_sec += (time_t)(nanoseconds / 1000000000);
    t.tv_nsec = (long)(nanoseconds % 1000000000);
    return t;
}

/* Nanoseconds from now to t, not below 0. */
static long long until(struct timespec t)
{
    struct timespec n = now();
    long long left =
        (t.tv_sec - n.tv_sec) * 1000000000LL + (t.tv_nsec - n.tv_nsec);
    return left > 0 ? left : 0;
}

/* Queues the frames that have come. */
static void receive(direction *d, long long delay)
{
    static char bytes[sizeof(struct virtio_net_hdr) + 128 * 1024];
    ssize_t n;
    while ((n = recv(d->in, bytes, sizeof bytes, MSG_DONTWAIT)) >= 0) {
        size_t size = (size_t)n;
        frame *f =
            d->bytes + size <= QUEUE_BYTES ? malloc(sizeof *f + size) : NULL;
        if (!f)
            continue;
        *f = (frame){.due = later(now(), delay), .size = size};
        memcpy(f->bytes, bytes, size);
        *d->end = f;
        d->end = &f->next;
        d->bytes += size;
    }
    if (errno != EAGAIN && errno != EINTR)
        fail("recv");
}

/* Sends the frames that are due; one that the kernel does not take is lost. */
static void deliver(direction *d)
{
    while (d->first && until(d->first->due) == 0) {
        frame *f = d->first;
        if (send(d->out, f->bytes, f->size, 0) < 0 && errno == ENETDOWN)
            fail("send");
        d->first = f->next;
        if (!d->first)
            d->end = &d->first;
        d->bytes -= f->size;
        free(f);
    }
}

int main(int argc, char **argv)
{
    char *end = NULL;
    double delay = argc == 4 ? strtod(argv[3], &end) : -1;
    if (!end || end == argv[3] || *end || !(delay >= 0 && delay <= 10000)) {
        fprintf(stderr, "usage: delay FIRST SECOND MILLISECONDS\n");
        return 2;
    }
    long long nanoseconds = (long long)(delay * 1e6);
    int first = open_interface(argv[1]), second = open_interface(argv[2]);
    direction ways[] = {{.in = first, .out = second},
                        {.in = second, .out = first}};
    for (int i = 0; i < 2; i++)
        ways[i].end = &ways[i].first;
    prctl(PR_SET_TIMERSLACK, 1UL);
    for (;;) {
        struct pollfd fds[] = {{.fd = first, .events = POLLIN},
                               {.fd = second, .events = POLLIN}};
        long long wait = -1;
        for (int i = 0; i < 2; i++)
            if (ways[i].first) {
                long long left = until(ways[i].first->due);
                wait = wait < 0 || left < wait ? left : wait;
            }
        struct timespec timeout = later((struct timespec){0}, wait);
        ppoll(fds, 2, wait < 0 ? NULL : &timeout, NULL);
        for (int i = 0; i < 2; i++) {
            receive(&ways[i], nanoseconds);
            deliver(&ways[i]);
        }
    }
}
