/* Raw TCP echo, one thread, level-triggered epoll: the floor for a readiness
 * server.  cc -O2 -o rawecho rawecho.c ; ./rawecho PORT   (0: any free port) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static char buf[1 << 19];
struct out { char *p; size_t n, off; };
static struct out outs[1 << 20];
static int ep;

static void fin(int fd) { free(outs[fd].p); outs[fd] = (struct out){0}; close(fd); }

int main(int argc, char **argv)
{
    (void)argc;
    int one = 1, ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(ls, (void *)&a, sizeof a) || listen(ls, 4096)) { perror("bind"); return 1; }
    socklen_t alen = sizeof a;
    getsockname(ls, (void *)&a, &alen);
    printf("listening 127.0.0.1:%d\n", ntohs(a.sin_port));
    fflush(stdout);
    ep = epoll_create1(0);
    struct epoll_event e = { .events = EPOLLIN, .data.fd = ls }, ev[1024];
    epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
    for (;;) {
        int n = epoll_wait(ep, ev, 1024, -1);
        for (int i = 0; i < n; i++) {
            int fd = ev[i].data.fd;
            if (fd == ls) {
                int c;
                while ((c = accept4(ls, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    e.events = EPOLLIN; e.data.fd = c;
                    epoll_ctl(ep, EPOLL_CTL_ADD, c, &e);
                }
                continue;
            }
            struct out *o = &outs[fd];
            if (ev[i].events & EPOLLOUT) {
                ssize_t w = send(fd, o->p + o->off, o->n - o->off, MSG_NOSIGNAL);
                if (w < 0) { if (errno != EAGAIN) fin(fd); continue; }
                o->off += w;
                if (o->off < o->n) continue;
                free(o->p); *o = (struct out){0};
                e.events = EPOLLIN; e.data.fd = fd;
                epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
                continue;
            }
            ssize_t r = recv(fd, buf, sizeof buf, 0);
            if (r <= 0) { if (r == 0 || errno != EAGAIN) fin(fd); continue; }
            ssize_t w = send(fd, buf, r, MSG_NOSIGNAL);
            if (w < 0) { if (errno != EAGAIN) { fin(fd); continue; } w = 0; }
            if (w < r) { /* stop reading until the rest is out */
                o->p = malloc(r - w); memcpy(o->p, buf + w, r - w); o->n = r - w; o->off = 0;
                e.events = EPOLLOUT; e.data.fd = fd;
                epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
            }
        }
    }
}
